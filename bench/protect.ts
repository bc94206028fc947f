// Prompt protection's speed: a 1 KB text through a policy, a megabyte, personal data beside peers, and the engine's cold start.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { actingDenyList, compilePolicy, type Engine, engineOfAll } from '../functions/protect/domain/engine.ts';
import { evaluate } from '../functions/protect/domain/evaluate.ts';
import { findPersonalData } from '../functions/protect/domain/personal-data.ts';
import type { Policy } from '../functions/protect/domain/policy.ts';
import { type Bench, quantile, table } from './report.ts';

const denyEntries = 10_000;
const paragraph =
  'Thank you for the report about invoice 20931. The customer asked on 12 March whether the second delivery (3 boxes, 45 kg) had left the warehouse; ' +
  'she can be reached at jane.doe@mail.example or on +44 20 7946 0958. Please write to 742 Evergreen Terrace, Springfield, IL 62704, and mention the order. ' +
  'Our records show that the goods were packed, weighed and labelled, and that the carrier took them over in the afternoon without any remark. ';

const kilobyte = paragraph.repeat(3).slice(0, 1_024);

const fullEngine = (): Engine => {
  const entries = Array.from({ length: denyEntries }, (_, index) => ({
    type: index % 2 === 0 ? ('phrase' as const) : ('keyword' as const),
    value: index % 2 === 0 ? `forbidden phrase ${index.toString(36)}` : `keyword${index.toString(36)}`,
  }));
  const list = actingDenyList({ id: 'terms', workspaces: '*', entries });
  const types = { email: 'redact', phone: 'redact', creditCard: 'redact', ssn: 'redact', address: 'redact' } as const;
  const policy: Policy = {
    id: 'full',
    name: 'Full',
    description: '',
    enabled: true,
    mode: 'enforce',
    workspaces: '*',
    optional: [],
    denyLists: ['terms'],
    pii: { types, custom: [], allow: [] },
    secrets: 'redact',
    version: 1,
  };
  return engineOfAll(1, [compilePolicy(policy, new Map([['terms', list]]))]);
};

const timed = (work: () => void, times: number): number[] => {
  for (let warm = 0; warm < times / 4; warm += 1) work();
  return Array.from({ length: times }, () => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  }).sort((a, b) => a - b);
};

/** Milliseconds from the start of a bundled module to its first verdict, in a process of its own, without Node.js's own start. */
const coldStartMs = (): number => {
  const folder = mkdtempSync(join(tmpdir(), 'cold-'));
  try {
    const entry = join(folder, 'entry.ts');
    const source = join(import.meta.dirname, '..', 'functions', 'protect', 'domain');
    writeFileSync(
      entry,
      `import { compilePolicy, engineOfAll } from '${source}/engine.ts';\nimport { evaluate } from '${source}/evaluate.ts';\n` +
        `const policy = { id: 'p', name: 'p', description: '', enabled: true, mode: 'enforce', workspaces: '*', optional: [], denyLists: [], version: 1, pii: { types: { email: 'redact', phone: 'redact', address: 'redact' }, custom: [], allow: [] } };\n` +
        `evaluate(engineOfAll(1, [compilePolicy(policy, new Map())]), 'mail jane@example.com or +44 20 7946 0958');\n`,
    );
    const bundle = join(folder, 'bundle.mjs');
    buildSync({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
      logLevel: 'silent',
      absWorkingDir: join(import.meta.dirname, '..'),
    });
    const run = join(folder, 'run.mjs');
    writeFileSync(
      run,
      `const started = performance.now();\nawait import('./bundle.mjs');\nprocess.stdout.write(String(performance.now() - started));\n`,
    );
    const samples = Array.from({ length: 7 }, () => Number(spawnSync(process.execPath, [run], { encoding: 'utf8' }).stdout));
    return quantile(
      samples.sort((a, b) => a - b),
      0.5,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const run = async (): Promise<string> => {
  const engine = fullEngine();
  const full = timed(() => evaluate(engine, kilobyte), 2_000);
  const alone = timed(() => findPersonalData(kilobyte), 2_000);
  const megabyte = paragraph.repeat(Math.ceil(1_048_576 / paragraph.length)).slice(0, 1_048_576);
  const whole = quantile(
    timed(() => evaluate(engine, megabyte), 4),
    0.5,
  );
  const rows = [
    [`1 KB, full policy (${denyEntries} deny entries, personal data, secrets): p50`, `${quantile(full, 0.5).toFixed(3)} ms`, '0.5 ms'],
    ['the same, p99', `${quantile(full, 0.99).toFixed(3)} ms`, ''],
    ['1 KB, personal data alone: p50', `${quantile(alone, 0.5).toFixed(3)} ms`, ''],
    ['1 MB, full policy', `${(1.048_576 / (whole / 1000)).toFixed(1)} MB/s`, '3 MB/s'],
    ['cold start of the bundled engine with its first verdict', `${coldStartMs().toFixed(1)} ms`, '50 ms'],
  ];
  return table(['what', 'measured', 'goal'], rows);
};

export const protectBench: Bench = { name: 'Prompt protection', run };
