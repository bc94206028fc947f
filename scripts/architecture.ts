// Who may import whom (docs/design/architecture.md): `findBreaches` says every import that breaks a rule, as the linter's last step.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { argv, exit, stderr } from 'node:process';
import { pathToFileURL } from 'node:url';

interface Rule {
  /** Files that the rule speaks of. */
  readonly from: RegExp;
  /** Paths of this project that they may import; `$1` is the service. Packages are ruled by `packages`. */
  readonly may: readonly RegExp[];
  /** Packages that they may import; absent: any. Node's own modules count as packages. */
  readonly packages?: readonly RegExp[];
}

const pure = [/^zod$/, /^re2js$/, /^libphonenumber-js/, /^node:(crypto|buffer|zlib|util|net)$/];
const kernel = /^functions\/shared\/kernel\//;
const ports = /^functions\/shared\/ports\//;
const http = /^functions\/shared\/http\//;
const publicOf = /^functions\/\w+\/public\.ts$/;
const own = (part: string): RegExp => new RegExp(`^functions/$1/${part}`);

/** The first rule whose `from` matches a file is the file's rule. */
const rules: readonly Rule[] = [
  { from: /^functions\/shared\/kernel\//, may: [kernel], packages: [/^zod$/, /^node:crypto$/] },
  { from: /^functions\/shared\/ports\//, may: [kernel, ports], packages: [] },
  { from: /^functions\/shared\//, may: [/^functions\/shared\//] },
  { from: /^functions\/(\w+)\/domain\//, may: [kernel, own('domain/')], packages: pure },
  {
    from: /^functions\/(\w+)\/use-cases\//,
    may: [
      kernel,
      ports,
      http,
      /^functions\/shared\/(org-keys|platform)\.ts$/,
      publicOf,
      own('(domain|use-cases|adapters)/'),
      own('(ports|schemas(-\\w+)?)\\.ts'),
    ],
    packages: pure,
  },
  {
    from: /^functions\/(\w+)\/adapters\//,
    may: [kernel, ports, http, /^functions\/shared\/(aws|org-keys)/, publicOf, own('(domain|adapters)/'), own('(ports|schemas)\\.ts')],
  },
  {
    from: /^functions\/(\w+)\/(schemas(-\w+)?|env|ports)\.ts$/,
    may: [kernel, ports, http, /^functions\/shared\/(env|org-keys)\.ts$/, publicOf, own('domain/'), own('(schemas|ports)\\.ts')],
    packages: pure,
  },
  {
    from: /^functions\/(\w+)\/routes(-\w+)?\.ts$/,
    may: [kernel, http, publicOf, own('(use-cases|domain)/'), own('(schemas(-\\w+)?|ports|dependencies|routes-\\w+)\\.ts')],
    packages: [/^zod$/],
  },
  { from: /^functions\/(\w+)\//, may: [/^functions\/shared\//, publicOf, own('')] },
  {
    from: /^(lib|bin)\//,
    may: [/^(lib|bin)\//, /^functions\/\w+\/(env|routes)\.ts$/, /^functions\/shared\/(http\/(route|problem|openapi)\.ts|env\.ts)$/],
  },
  {
    from: /^local\//,
    may: [/^local\//, /^functions\/shared\//, /^functions\/\w+\/(dependencies|routes|public|authorizer|resolver)\.ts$/],
  },
  { from: /^(scripts|examples|bench|test|console)\//, may: [/./] },
];

export interface Breach {
  readonly file: string;
  readonly what: string;
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const importsOf = (source: string): string[] => [...source.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '');

const withService = (pattern: RegExp, service: string): RegExp => new RegExp(pattern.source.replaceAll('$1', service));

/**
 * @param sources path from the project's root (with `/`) to text, TypeScript files only
 * @returns every breach, in the order of the files
 */
export const findBreaches = (sources: ReadonlyMap<string, string>): Breach[] => {
  const breaches: Breach[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, source] of sources) {
    if (/(^|\n)import\s+(type\s+)?\{[^}]*\bz\b[^}]*\}\s+from\s+['"]zod['"]/.test(source)) {
      breaches.push({ file, what: "write `import * as z from 'zod'`: the named import is five times as large" });
    }
    if (posix.basename(file) === 'index.ts') breaches.push({ file, what: 'no `index.ts`' });
    const rule = rules.find(({ from }) => from.test(file));
    if (rule === undefined) {
      if (file.includes('/')) breaches.push({ file, what: 'no rule covers this folder' });
      continue;
    }
    const service = rule.from.exec(file)?.[1] ?? '';
    const inside: string[] = [];
    for (const specifier of importsOf(source)) {
      if (specifier.startsWith('.')) {
        const target = posix.normalize(posix.join(posix.dirname(file), specifier));
        inside.push(target);
        if (!rule.may.some((pattern) => withService(pattern, service).test(target)))
          breaches.push({ file, what: `may not import \`${target}\`` });
      } else if (rule.packages !== undefined && !rule.packages.some((pattern) => pattern.test(specifier))) {
        breaches.push({ file, what: `may not import the package \`${specifier}\`` });
      }
    }
    graph.set(file, inside);
  }
  const cycle = findCycle(graph);
  if (cycle !== undefined) breaches.push({ file: cycle[0] ?? '', what: `imports itself by way of ${cycle.slice(1).join(' → ')}` });
  return breaches;
};

const findCycle = (graph: ReadonlyMap<string, readonly string[]>): string[] | undefined => {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** @returns the project's TypeScript sources by path from `root` */
export const readSources = (root: string): Map<string, string> => {
  const folders = ['bin', 'lib', 'functions', 'local', 'scripts', 'examples', 'bench', 'test', 'console'];
  const sources = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist') walk(path);
      else if (entry.isFile() && /\.tsx?$/.test(entry.name)) sources.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  for (const folder of folders) {
    try {
      walk(folder);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  return sources;
};

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const breaches = findBreaches(readSources(dirname(import.meta.dirname)));
  for (const { file, what } of breaches) stderr.write(`${file}: ${what}\n`);
  exit(breaches.length === 0 ? 0 : 1);
}
