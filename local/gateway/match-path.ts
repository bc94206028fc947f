// Which path template of API Gateway a request's path belongs to: literal parts win over `{param}`, that over a greedy `{param+}`.

interface PathMatch<T> {
  readonly template: string;
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly value: T;
}

type PathMatcher<T> = (rawPath: string) => PathMatch<T> | undefined;

interface End<T> {
  readonly template: string;
  readonly value: T;
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  variable?: { readonly name: string; readonly node: Node<T>; readonly greedy: boolean };
  end?: End<T>;
}

const newNode = <T>(): Node<T> => ({ literals: new Map() });

/** Neither may stand in a decoded part: a slash would move the boundaries between parts, a control character fits no name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const refusedCharacters = /[/\\\u0000-\u001f\u007f]/;

const decodePart = (raw: string): string | undefined => {
  try {
    const part = decodeURIComponent(raw);
    return part === '' || part === '.' || part === '..' || refusedCharacters.test(part) ? undefined : part;
  } catch {
    return undefined;
  }
};

/**
 * @param rawPath the path as it was sent, without query
 * @returns its decoded parts; undefined for empty and dot segments, encoded slashes, control characters and bad encodings
 */
export const pathParts = (rawPath: string): readonly string[] | undefined => {
  if (rawPath === '/') return [];
  if (!rawPath.startsWith('/') || rawPath.includes('#')) return undefined;
  const parts: string[] = [];
  for (const raw of rawPath.slice(1).split('/')) {
    const part = decodePart(raw);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
};

const variableOf = (part: string): { name: string; greedy: boolean } | undefined => {
  const name = /^\{([A-Za-z0-9._-]+)(\+?)\}$/.exec(part);
  if (name?.[1] !== undefined) return { name: name[1], greedy: name[2] === '+' };
  if (/[{}]/.test(part)) throw new Error(`\`${part}\` is not a part of a path template`);
  return undefined;
};

const insert = <T>(root: Node<T>, template: string, value: T): void => {
  const parts = pathParts(template);
  if (parts === undefined) throw new Error(`\`${template}\` is not a path template`);
  let at = root;
  for (const [index, part] of parts.entries()) {
    const variable = variableOf(part);
    if (variable === undefined) {
      const next = at.literals.get(part) ?? newNode<T>();
      at.literals.set(part, next);
      at = next;
      continue;
    }
    if (variable.greedy && index < parts.length - 1) throw new Error(`\`${template}\` goes on behind its greedy part`);
    // API Gateway takes one variable a level, whatever lies below it: a table that names two could not be deployed.
    if (at.variable !== undefined && (at.variable.name !== variable.name || at.variable.greedy !== variable.greedy)) {
      throw new Error(`\`${template}\` names a part that another path calls \`{${at.variable.name}}\``);
    }
    at.variable ??= { ...variable, node: newNode<T>() };
    at = at.variable.node;
  }
  if (at.end !== undefined) throw new Error(`\`${template}\` is there twice`);
  at.end = { template, value };
};

const find = <T>(at: Node<T>, parts: readonly string[], index: number, bound: readonly [string, string][]): PathMatch<T> | undefined => {
  const part = parts[index];
  if (part === undefined) return at.end && { ...at.end, params: Object.fromEntries(bound) };
  const literal = at.literals.get(part);
  const found = literal && find(literal, parts, index + 1, bound);
  if (found !== undefined || at.variable === undefined) return found;
  const { name, node, greedy } = at.variable;
  if (greedy) return find(node, parts, parts.length, [...bound, [name, parts.slice(index).join('/')]]);
  return find(node, parts, index + 1, [...bound, [name, part]]);
};

/** @throws Error for templates that API Gateway would refuse: twice the same, two names for one part, a greedy part in the middle */
export const pathMatcher = <T>(entries: Iterable<readonly [template: string, value: T]>): PathMatcher<T> => {
  const root = newNode<T>();
  for (const [template, value] of entries) insert(root, template, value);
  return (rawPath) => {
    const parts = pathParts(rawPath);
    return parts && find(root, parts, 0, []);
  };
};
