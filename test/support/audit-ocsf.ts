// A validator of OCSF events made from the compiled schema: required attributes, types, enumerations, constraints, and nothing unknown.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Attribute {
  readonly type: string;
  readonly object_type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly profiles?: readonly string[];
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>;
  readonly sibling?: string;
}

interface Shape {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
  readonly uid?: number;
  readonly category_uid?: number;
}

interface Type {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
}

interface Schema {
  readonly classes: Readonly<Record<string, Shape>>;
  readonly objects: Readonly<Record<string, Shape>>;
  readonly dictionary: { readonly types: { readonly attributes: Readonly<Record<string, Type>> } };
}

const file = join(import.meta.dirname, '../../../shared/vectors/ocsf/compiled-1.8.0.json');

/** Whether the schema is at hand; it lies beside the project and is not part of it. */
export const hasOcsfSchema = existsSync(file);

/** @returns a function that names every fault of an event */
export const ocsfValidator = (): ((event: Record<string, unknown>) => string[]) => {
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema;
  const byUid = new Map(Object.values(schema.classes).map((shape) => [shape.uid, shape]));

  const scalarFault = (value: unknown, type: string, at: string): string[] => {
    if (type === 'json_t') return [];
    const { type: base = type, regex, max_len } = schema.dictionary.types.attributes[type] ?? {};
    const wants = base === 'string_t' ? 'string' : base === 'boolean_t' ? 'boolean' : 'number';
    if (typeof value !== wants) return [`${at} is ${typeof value}, not ${wants}`];
    if (base.match(/^(integer|long)_t$/) && !Number.isInteger(value)) return [`${at} is not whole`];
    if (regex !== undefined && !new RegExp(regex).test(String(value))) return [`${at} is no ${type}`];
    return max_len !== undefined && String(value).length > max_len ? [`${at} is too long`] : [];
  };

  const valueFault = (value: unknown, attribute: Attribute, at: string, siblings: Record<string, unknown>): string[] => {
    const faults =
      attribute.type === 'object_t'
        ? typeof value === 'object' && value !== null && !Array.isArray(value)
          ? objectFault(value as Record<string, unknown>, schema.objects[attribute.object_type ?? ''], at)
          : [`${at} is no object`]
        : scalarFault(value, attribute.type, at);
    const named = attribute.enum?.[String(value)];
    if (attribute.enum !== undefined && named === undefined) faults.push(`${at} is not of its enumeration`);
    const sibling = attribute.sibling === undefined ? undefined : siblings[attribute.sibling];
    if (named !== undefined && sibling !== undefined && value !== 99 && sibling !== named.caption)
      faults.push(`${at} and its sibling disagree`);
    return faults;
  };

  const objectFault = (value: Record<string, unknown>, shape: Shape | undefined, at: string): string[] => {
    if (shape === undefined) return [`${at} has no such shape`];
    if (Object.keys(shape.attributes).length === 0) return [];
    const faults: string[] = [];
    for (const [name, inner] of Object.entries(value)) {
      const attribute = shape.attributes[name];
      if (attribute === undefined) faults.push(`${at}.${name} is unknown`);
      else if (attribute.is_array === true) {
        if (!Array.isArray(inner)) faults.push(`${at}.${name} is no array`);
        else for (const [index, each] of inner.entries()) faults.push(...valueFault(each, attribute, `${at}.${name}[${index}]`, value));
      } else faults.push(...valueFault(inner, attribute, `${at}.${name}`, value));
    }
    for (const [name, { requirement, profiles }] of Object.entries(shape.attributes)) {
      if (requirement === 'required' && profiles === undefined && value[name] === undefined) faults.push(`${at}.${name} is missing`);
    }
    const { at_least_one, just_one } = shape.constraints ?? {};
    if (at_least_one?.every((name) => value[name] === undefined)) faults.push(`${at} has none of ${at_least_one.join(', ')}`);
    if (just_one !== undefined && just_one.filter((name) => value[name] !== undefined).length !== 1)
      faults.push(`${at} has not one of ${just_one.join(', ')}`);
    return faults;
  };

  return (event) => {
    const shape = byUid.get(Number(event.class_uid));
    if (shape === undefined) return ['the class is unknown'];
    const faults = objectFault(event, shape, 'event');
    if (event.type_uid !== Number(event.class_uid) * 100 + Number(event.activity_id)) faults.push('type_uid is wrong');
    if (event.category_uid !== shape.category_uid) faults.push('category_uid is wrong');
    return faults;
  };
};
