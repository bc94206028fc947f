// Access control beside its peers, on their simple workload and on a large organization; every figure from a process of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { build } from 'esbuild';
import type { ColdRun } from './authz/cold.ts';
import { measureSimulate } from './authz/simulate.ts';
import type { Job } from './authz/worker.ts';
import { type Bench, quantile, table } from './report.ts';

const here = import.meta.dirname;
const shared = join(here, '..', '..', 'shared', 'bench', 'authz');
const peersFolder = join(here, 'peers');
const repeats = 5;
const slowRepeats = 1;
const engine = join(here, 'authz', 'engine.ts');

/** Peers whose answers come at once, fastest first; the last ones take a millisecond a check and are measured once. */
const floor = 'ref-bindings';
const fastest = 'casl-cached';
const peers = ['ref-map', 'accesscontrol', 'casl-per-request', 'role-acl'];
const slowPeers = ['cedar-sliced', 'cedar-stateful', 'casbin'];

interface SimpleRun {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly heapMb: number;
  readonly wrong: number;
}

interface OrganizationRun extends Omit<SimpleRun, 'name' | 'heapMb'> {
  readonly busyPerSecond: number;
  readonly cold: { readonly p50: number; readonly p99: number };
  readonly compiledMb: number;
  readonly warmMb: number;
  readonly heldMedian: number;
  readonly heldMost: number;
  readonly allowedShare: number;
  readonly severalShare: number;
}

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

const inProcess = <T>(...args: readonly string[]): T =>
  JSON.parse(execFileSync(execPath, ['--expose-gc', ...args], { encoding: 'utf8', maxBuffer: 1 << 24 })) as T;

const work = <T>(job: Job): T => inProcess<T>(join(here, 'authz', 'worker.ts'), JSON.stringify(job));

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The adapters, where they find the peers' packages. */
const prepare = (): string => {
  if (!existsSync(join(peersFolder, 'node_modules'))) {
    execFileSync(join(here, '..', 'node_modules', '.bin', 'npm'), ['ci', '--prefix', peersFolder], { stdio: 'ignore', shell: true });
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-authz-'));
  cpSync(join(shared, 'adapters'), folder, { recursive: true });
  cpSync(join(shared, 'workload.mjs'), join(folder, 'workload.mjs'));
  symlinkSync(join(peersFolder, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

const simpleSection = (folder: string): string => {
  const runs = new Map<string, SimpleRun[]>();
  const measure = (id: string): void => {
    const list = runs.get(id) ?? [];
    list.push(work<SimpleRun>({ kind: 'simple', folder, ...(id === 'ours' ? {} : { module: join(folder, `${id}.mjs`) }) }));
    runs.set(id, list);
  };
  for (let repeat = 0; repeat < repeats; repeat += 1) for (const id of ['ours', floor, fastest, ...peers]) measure(id);
  for (let repeat = 0; repeat < slowRepeats; repeat += 1) for (const id of slowPeers) measure(id);
  const of = (id: string, what: Exclude<keyof SimpleRun, 'name'>): number => median((runs.get(id) ?? []).map((run) => run[what]));
  const rows = [...runs.keys()]
    .sort((a, b) => of(b, 'perSecond') - of(a, 'perSecond'))
    .map((id) => [
      runs.get(id)?.[0]?.name ?? id,
      count(of(id, 'perSecond')),
      (of(id, 'perSecond') / of(fastest, 'perSecond')).toFixed(2),
      (of(id, 'perSecond') / of(floor, 'perSecond')).toFixed(2),
      of(id, 'p50').toFixed(2),
      of(id, 'p99').toFixed(2),
      of(id, 'heapMb').toFixed(1),
      of(id, 'wrong'),
    ]);
  const head = ['engine', 'checks a CPU-second', 'to CASL built ahead', 'to the floor', 'p50 µs', 'p99 µs', 'heap MB', 'wrong'];
  return `Simple workload (1,000 users, 100 roles, 50 workspaces), up to 1,000,000 checks after warm-up, medians of ${repeats} interleaved runs (those under 20,000 a second: ${slowRepeats}). Targets: 10 times CASL, half of the floor, p99 under 1 µs, none wrong.\n\n${table(head, rows)}`;
};

const coldSection = async (folder: string): Promise<string> => {
  const bundle = join(folder, 'engine.bundle.mjs');
  await build({
    entryPoints: [engine],
    outfile: bundle,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const engines: readonly (readonly [string, string])[] = [
    ['this engine, bundled as it is deployed', bundle],
    ['this engine, from its sources', engine],
    ...['casl-cached', 'accesscontrol', 'casbin', 'cedar-sliced'].map((id): [string, string] => [id, join(folder, `${id}.mjs`)]),
  ];
  const rows = engines.map(([name, module]) => {
    const times = Array.from({ length: repeats }, () => inProcess<ColdRun>(join(here, 'authz', 'cold.ts'), folder, module));
    return [name, median(times.map(({ importedMs }) => importedMs)).toFixed(0), median(times.map(({ totalMs }) => totalMs)).toFixed(0)];
  });
  return `Cold start: import, set-up of the simple workload, first answer (target: under 50 ms).\n\n${table(['engine', 'import ms', 'first answer ms'], rows)}`;
};

const organizationSection = (): string => {
  const runs = Array.from({ length: repeats }, () => work<OrganizationRun>({ kind: 'organization' }));
  const of = (what: (run: OrganizationRun) => number): number => median(runs.map(what));
  const rows = [
    ['checks a CPU-second, any of the 10,000 users', count(of((run) => run.perSecond)), '1,000,000'],
    ['checks a CPU-second, one user in twenty is busy', count(of((run) => run.busyPerSecond)), ''],
    ['p50 / p99 µs', `${of((run) => run.p50).toFixed(2)} / ${of((run) => run.p99).toFixed(2)}`, ''],
    [
      'compile a principal and decide, p50 / p99 µs',
      `${of((run) => run.cold.p50).toFixed(0)} / ${of((run) => run.cold.p99).toFixed(0)}`,
      '1,000',
    ],
    ['heap of the whole organization compiled, MB', of((run) => run.compiledMb).toFixed(0), '150'],
    ['the same after a million checks, MB', of((run) => run.warmMb).toFixed(0), '150'],
    ['roles held by a principal, median / most', `${of((run) => run.heldMedian)} / ${of((run) => run.heldMost)}`, ''],
    [
      'share allowed / with more than one match',
      `${of((run) => run.allowedShare).toFixed(2)} / ${of((run) => run.severalShare).toFixed(2)}`,
      '',
    ],
    ['wrong among 2,000 against the slow evaluator, matches included', of((run) => run.wrong), '0'],
  ];
  return `An organization of 10,000 users, 200 groups, 500 roles, 300 policies (30 deny, conditions), scopes four deep, 100,000 assignments; medians of ${repeats}.\n\n${table(['', 'measured', 'target'], rows)}`;
};

const growthSection = (): string => {
  const sizes = [1_000, 10_000, 100_000];
  const rows = (['others', 'one'] as const).map((by) => {
    const rates = sizes.map((assignments) =>
      median(Array.from({ length: 3 }, () => work<{ perSecond: number }>({ kind: 'growth', by, assignments }).perSecond)),
    );
    const label = by === 'others' ? 'given to others' : 'given to the principal that asks, elsewhere';
    return [label, ...rates.map(count), ((rates[0] ?? 0) / (rates.at(-1) ?? 1)).toFixed(2)];
  });
  const head = ['assignments', ...sizes.map(count), 'times slower'];
  return `The same questions while assignments grow, checks a CPU-second (target: within 1.3 times).\n\n${table(head, rows)}`;
};

const searchSection = (): string => {
  const who = work<{ principals: number; medianMs: number; mostMs: number; found: number[] }>({ kind: 'who-can' });
  const simulated = measureSimulate();
  const rows = [
    [
      `who-can over ${count(who.principals)} principals, CPU ms, median / most`,
      `${who.medianMs.toFixed(1)} / ${who.mostMs.toFixed(1)}`,
      '50',
    ],
    [`simulate over ${count(simulated.decisions)} decisions, a CPU-second`, count(simulated.perCpuSecond), '500,000'],
    ['growth of the heap meanwhile, MB', (simulated.heapGrowthBytes / 1_048_576).toFixed(1), 'bounded'],
  ];
  return table(['', 'measured', 'target'], rows);
};

const run = async (): Promise<string> => {
  const own = [organizationSection(), growthSection(), searchSection()];
  if (!existsSync(shared)) return ['Peers: skipped, `../shared/bench/authz` with their adapters is not there.', ...own].join('\n\n');
  const folder = prepare();
  try {
    return [simpleSection(folder), await coldSection(folder), ...own].join('\n\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const authzBench: Bench = { name: 'Access control', run };
