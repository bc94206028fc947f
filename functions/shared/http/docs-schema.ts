// JSON Schemas as people read them: the notation of TypeScript's types, with the rules of each field behind it. As HTML.
import { type JsonSchema, referredName } from './openapi-schemas.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** INVARIANT: every text of the document passes through here on its way to the page. */
export const escapeHtml = (text: unknown): string => String(text).replaceAll(/[&<>"']/g, (char) => escapes[char] ?? char);

/** `code` between backticks, the rest as it is. */
export const proseHtml = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : escapeHtml(part)))
    .join('');

export const schemaAnchor = (name: string): string => `schema-${name}`;

const list = (value: unknown): readonly JsonSchema[] => (Array.isArray(value) ? (value as JsonSchema[]) : []);

const range = (from: unknown, to: unknown, unit: string): string => {
  if (from === undefined && to === undefined) return '';
  if (from === undefined || from === 0) return to === undefined ? '' : `at most ${to}${unit}`;
  if (to === undefined) return `at least ${from}${unit}`;
  return from === to ? `exactly ${from}${unit}` : `${from} to ${to}${unit}`;
};

/** What a schema demands beyond its type, in words. */
export const rulesOf = (schema: JsonSchema): string[] => {
  const { format, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems } = schema;
  const rules = [
    schema.readOnly === true ? 'read only' : '',
    typeof schema.description === 'string' ? schema.description : '',
    typeof format === 'string' ? format : '',
    // A format says the same in a word.
    typeof pattern === 'string' && format === undefined ? `matches ${pattern}` : '',
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' items'),
    range(minimum, maximum, ''),
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    exclusiveMaximum === undefined ? '' : `less than ${exclusiveMaximum}`,
    'default' in schema ? `default ${JSON.stringify(schema.default)}` : '',
  ];
  return rules.filter((rule) => rule !== '');
};

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

const objectHtml = (schema: JsonSchema, indent: string): string => {
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  const inner = `${indent}  `;
  const lines = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).map(([name, each]) => {
    const rules = rulesOf(each);
    const note = rules.length === 0 ? '' : `  <span class="note">// ${escapeHtml(rules.join(' · '))}</span>`;
    const type = each.readOnly === true && each.type === undefined ? 'unknown' : typeHtml(each, inner);
    return `${inner}<span class="key">${escapeHtml(propertyName(name))}</span>${required.has(name) ? '' : '?'}: ${type}${note}`;
  });
  const { additionalProperties: more, propertyNames: keys } = schema;
  if (typeof more === 'object' && more !== null) {
    lines.push(`${inner}[${keys === undefined ? 'name' : typeHtml(keys as JsonSchema, inner)}]: ${typeHtml(more as JsonSchema, inner)}`);
  }
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
};

const arrayHtml = (schema: JsonSchema, indent: string): string => {
  const { prefixItems, items } = schema;
  const rest = typeof items === 'object' && items !== null ? typeHtml(items as JsonSchema, indent) : undefined;
  if (Array.isArray(prefixItems)) {
    const fixed = list(prefixItems).map((each) => typeHtml(each, indent));
    return `[${[...fixed, ...(rest === undefined ? [] : [`...${rest}[]`])].join(', ')}]`;
  }
  if (rest === undefined) return 'unknown[]';
  return rest.includes(' | ') && !rest.startsWith('{') ? `(${rest})[]` : `${rest}[]`;
};

/** @param indent what stands before the line that the type begins on */
export const typeHtml = (schema: JsonSchema, indent = ''): string => {
  const referred = referredName(schema);
  if (referred !== undefined) return `<a href="#${escapeHtml(schemaAnchor(referred))}">${escapeHtml(referred)}</a>`;
  if ('const' in schema) return escapeHtml(JSON.stringify(schema.const));
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => escapeHtml(JSON.stringify(value))).join(' | ');
  const branches = list(schema.anyOf ?? schema.oneOf);
  if (branches.length > 0) return [...new Set(branches.map((each) => typeHtml(each, indent)))].join(' | ');
  const parts = list(schema.allOf);
  if (parts.length > 0) return parts.map((each) => typeHtml(each, indent)).join(' &amp; ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeHtml({ ...schema, type }, indent)).join(' | ');
  if (schema.type === 'object') return objectHtml(schema, indent);
  if (schema.type === 'array') return arrayHtml(schema, indent);
  return typeof schema.type === 'string' ? escapeHtml(schema.type) : 'unknown';
};
