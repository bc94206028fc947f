// Example values for an OpenAPI document, made from JSON Schemas and shown only where the schema itself takes them. None looks like a secret.
import type * as z from 'zod';
import { type JsonSchema, referredName } from './openapi-schemas.ts';

/** Texts by the name of their property; a schema that takes none of these gets one of `commonTexts`. */
const textsByName: Readonly<Record<string, string>> = {
  org: 'acme',
  workspace: 'support',
  app: 'bot',
  namespace: 'eu',
  pipeline: 'triage',
  step: 'answer',
  principal: 'user:ada',
  createdBy: 'user:ada',
  updatedBy: 'user:ada',
  scope: 'support',
  permission: 'apps:support:read',
  permissions: 'apps:support:read',
  email: 'ada@example.com',
  value: '<the secret value>',
  token: '<shown once>',
  ticket: '<ticket>',
  clientSecret: '<the client secret>',
  nextCursor: '<cursor>',
  requestId: '0198c3a2-7b1e-7c40-9d53-5f0a1b2c3d4e',
};

const textsByFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T09:30:00.000Z',
  date: '2026-01-31',
  time: '09:30:00',
  uuid: '0198c3a2-7b1e-7c40-9d53-5f0a1b2c3d4e',
  email: 'ada@example.com',
  uri: 'https://example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  cidrv4: '192.0.2.0/24',
};

const commonTexts = [
  'example',
  '2026-01-31T09:30:00.000Z',
  'user:ada',
  'apps:support:read',
  'EXAMPLE',
  '09:00',
  '192.0.2.0/24',
  'https://example.com',
  '1',
];

const maxDepth = 6;

interface Making {
  readonly components: Readonly<Record<string, JsonSchema>>;
  /** Leave out what may be left out. */
  readonly short: boolean;
}

const fits = (schema: JsonSchema, text: string): boolean => {
  const {
    minLength = 0,
    maxLength = Number.POSITIVE_INFINITY,
    pattern,
  } = schema as { minLength?: number; maxLength?: number; pattern?: string };
  return text.length >= minLength && text.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(text));
};

const textOf = (schema: JsonSchema, name: string): string => {
  const byFormat = typeof schema.format === 'string' ? textsByFormat[schema.format] : undefined;
  if (byFormat !== undefined) return byFormat;
  const byName = Object.hasOwn(textsByName, name) ? textsByName[name] : undefined;
  return [...(byName === undefined ? [] : [byName]), ...commonTexts].find((text) => fits(schema, text)) ?? 'example';
};

const numberOf = (schema: JsonSchema): number => {
  const { minimum, exclusiveMinimum, maximum, type } = schema as Record<string, number | undefined> & { type?: string };
  const lowest = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + (type === 'integer' ? 1 : 0.5));
  const value = Math.max(1, lowest ?? 1);
  return maximum !== undefined && value > maximum ? maximum : value;
};

const objectOf = (schema: JsonSchema, making: Making, depth: number): unknown => {
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const shown = properties.filter(([name]) => required.has(name) || (!making.short && depth < maxDepth));
  return Object.fromEntries(shown.map(([name, each]) => [name, make(each, name, making, depth + 1)]));
};

const arrayOf = (schema: JsonSchema, name: string, making: Making, depth: number): unknown[] => {
  if (Array.isArray(schema.prefixItems)) return (schema.prefixItems as JsonSchema[]).map((each) => make(each, name, making, depth + 1));
  const wanted = Number(schema.minItems ?? (making.short || depth >= maxDepth ? 0 : 1));
  return Array.from({ length: Math.min(wanted, Number(schema.maxItems ?? wanted), 10) }, () =>
    make((schema.items ?? {}) as JsonSchema, name, making, depth + 1),
  );
};

const make = (schema: JsonSchema, name: string, making: Making, depth: number): unknown => {
  if (depth > 2 * maxDepth) return null;
  const referred = referredName(schema);
  if (referred !== undefined) return make(making.components[referred] ?? {}, name, making, depth + 1);
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const branches = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (branches?.[0] !== undefined) return make(branches[0], name, making, depth);
  if (Array.isArray(schema.allOf))
    return Object.assign({}, ...(schema.allOf as JsonSchema[]).map((each) => make(each, name, making, depth)));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') return objectOf(schema, making, depth);
  if (type === 'array') return arrayOf(schema, name, making, depth);
  if (type === 'string') return textOf(schema, name);
  if (type === 'integer' || type === 'number') return numberOf(schema);
  if (type === 'boolean') return true;
  return null;
};

/**
 * @param schema the JSON Schema of `judge`
 * @returns an example that `judge` takes (as it comes out of it, for answers), or undefined where none was found
 */
export const exampleOf = (
  schema: JsonSchema,
  judge: z.ZodType,
  direction: 'input' | 'output',
  components: Readonly<Record<string, JsonSchema>>,
): unknown => {
  for (const short of [false, true]) {
    try {
      const example = make(schema, '', { components, short }, 0);
      const parsed = judge.safeParse(example);
      if (parsed.success) return JSON.parse(JSON.stringify(direction === 'input' ? example : parsed.data)) as unknown;
    } catch {
      // A schema that only runs asynchronously, or gives what JSON cannot hold, has no example.
    }
  }
  return undefined;
};
