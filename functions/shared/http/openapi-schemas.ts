// zod schemas as JSON Schema 2020-12 for an OpenAPI 3.1 document: named and recursive ones become components.
import * as z from 'zod';

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** `input`: what a caller may send; `output`: what an answer holds. */
type Direction = 'input' | 'output';

export interface SchemaCollector {
  /** Made so far, by name. */
  readonly components: Record<string, JsonSchema>;
  /** @param name what to call the schema should it have to stand by itself, because it holds itself */
  add(schema: z.ZodType, direction: Direction, name: string): JsonSchema;
}

const prefix = '#/components/schemas/';

/** @returns the component that a schema refers to, by name; undefined for any other schema */
export const referredName = (schema: JsonSchema): string | undefined =>
  typeof schema.$ref === 'string' && schema.$ref.startsWith(prefix) ? schema.$ref.slice(prefix.length) : undefined;

/** What zod writes and a reader of the document has no use for, and what it cannot write but JSON knows. */
const adjust = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  // `.readonly()` is about the parsed value; in OpenAPI the word would mean that requests may not send it.
  if (zodSchema._zod.def.type === 'readonly') delete jsonSchema.readOnly;
  // Answers are serialised by JSON.stringify.
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
};

/** A copy with every reference renamed. */
const renamed = (value: unknown, rename: (ref: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((each) => renamed(each, rename));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    key === '$ref' && typeof each === 'string' ? rename(each) : renamed(each, rename),
  ]);
  return Object.fromEntries(entries);
};

/** Collects the components of one document; the same schemas in the same order give the same names. */
export const schemaCollector = (): SchemaCollector => {
  const components: Record<string, JsonSchema> = {};
  const namesByContent = new Map<string, string>();

  const freeName = (wanted: string, direction: Direction): string => {
    const name = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '_');
    const suffixed = `${name}${direction === 'input' ? 'Input' : 'Output'}`;
    for (let number = 0; ; number += 1) {
      const candidate = [name, suffixed][number] ?? `${name}${number}`;
      if (!Object.hasOwn(components, candidate)) return candidate;
    }
  };

  const add = (schema: z.ZodType, direction: Direction, name: string): JsonSchema => {
    const made = z.toJSONSchema(schema, { io: direction, unrepresentable: 'any', override: adjust });
    const { $schema: _dialect, $id: _id, id: _named, $defs = {}, ...root } = made as JsonSchema & { $defs?: Record<string, JsonSchema> };
    const context = JSON.stringify([$defs, root]);
    const rootHoldsItself = JSON.stringify(root).includes('"$ref":"#"');
    const local = new Map<string, string>();
    const fresh: [string, JsonSchema][] = [];
    const claim = (ref: string, wanted: string, body: JsonSchema): void => {
      const itself = JSON.stringify(renamed(body, (each) => (each === ref ? '#itself' : each)));
      // INVARIANT: two definitions are one only if all that they may refer to is equal too.
      const content = /"\$ref":"#("|\/)/.test(itself) ? JSON.stringify([ref, itself, context]) : `${wanted} ${itself}`;
      const known = namesByContent.get(content);
      const own = known ?? freeName(wanted, direction);
      local.set(ref, own);
      if (known !== undefined) return;
      namesByContent.set(content, own);
      components[own] = {};
      fresh.push([own, body]);
    };
    // zod numbers what has no name of its own.
    for (const [key, body] of Object.entries($defs)) claim(`#/$defs/${key}`, key.startsWith('__schema') ? 'Shared' : key, body);
    if (rootHoldsItself) claim('#', name, root);
    const rename = (ref: string): string => (local.has(ref) ? `${prefix}${local.get(ref)}` : ref);
    for (const [own, body] of fresh) components[own] = renamed(body, rename) as JsonSchema;
    return (rootHoldsItself ? { $ref: rename('#') } : renamed(root, rename)) as JsonSchema;
  };

  return { components, add };
};
