// Plants one breach of each rule of `npm run lint` in a copy of the project, and expects the linter's step to refuse it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { exit, stdout } from 'node:process';

const root = dirname(import.meta.dirname);
const bin = join(root, 'node_modules', '.bin');

interface Breach {
  readonly name: string;
  readonly step: readonly [string, ...string[]];
  readonly file: string;
  readonly source: string;
}

const breaches: readonly Breach[] = [
  { name: 'format', step: ['biome', 'check', '.'], file: 'functions/shared/kernel/planted.ts', source: 'export const   a = "x"\n' },
  { name: 'lint: unused variable', step: ['biome', 'check', '.'], file: 'scripts/planted.ts', source: 'const unused = 1;\n' },
  {
    name: 'lint: floating promise',
    step: ['biome', 'check', '.'],
    file: 'scripts/planted.ts',
    source: 'const later = async (): Promise<number> => 1;\nlater();\n',
  },
  { name: 'types', step: ['tsc', '-p', '.'], file: 'scripts/planted.ts', source: "export const count: number = 'one';\n" },
  { name: 'dead code', step: ['knip'], file: 'functions/shared/kernel/planted.ts', source: 'export const nobodyCalls = 1;\n' },
  {
    name: 'architecture: layers',
    step: ['node', 'scripts/architecture.ts'],
    file: 'functions/vault/domain/planted.ts',
    source: "export { readFileSync } from 'node:fs';\n",
  },
  {
    name: 'architecture: cycle',
    step: ['node', 'scripts/architecture.ts'],
    file: 'functions/shared/kernel/planted.ts',
    source: "export { a } from './planted.ts';\n",
  },
  {
    name: 'architecture: named zod',
    step: ['node', 'scripts/architecture.ts'],
    file: 'scripts/planted.ts',
    source: "export { z } from 'zod';\nimport { z } from 'zod';\nexport const s = z;\n",
  },
];

const copy = mkdtempSync(join(tmpdir(), 'planted-'));
let failed = 0;
try {
  const skipped = new Set(['node_modules', '.git', '.data', 'cdk.out', 'coverage']);
  cpSync(root, copy, { recursive: true, filter: (path) => !skipped.has(relative(root, path).split(/[/\\]/)[0] ?? '') });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const biome = join(copy, 'biome.json');
  writeFileSync(
    biome,
    readFileSync(biome, 'utf8')
      .replace('"enabled": true, "clientKind"', '"enabled": false, "clientKind"')
      .replace('"useIgnoreFile": true', '"useIgnoreFile": false'),
  );
  for (const { name, step, file, source } of breaches) {
    const path = join(copy, file);
    writeFileSync(path, source);
    const [command, ...args] = step;
    const { status, stdout: out, stderr } = spawnSync(join(bin, command), args, { cwd: copy, encoding: 'utf8' });
    rmSync(path);
    const caught = status !== 0 && `${out}${stderr}`.includes('planted');
    if (!caught) failed += 1;
    stdout.write(`${caught ? 'refused' : 'NOT refused'}: ${name}\n`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
stdout.write(`${breaches.length - failed} passed, ${failed} failed\n`);
exit(failed === 0 ? 0 : 1);
