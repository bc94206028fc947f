// From the import of an engine to its first answer, in a process of its own: `node cold.ts <folder> <module>` writes one line of JSON.
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Engine, SimpleWorkload } from './engine.ts';

export interface ColdRun {
  readonly name: string;
  readonly importedMs: number;
  readonly totalMs: number;
}

interface Adapter {
  readonly name: string;
  readonly setup: (workload: SimpleWorkload) => Engine | Promise<Engine>;
}

const [, , folder = '', module = ''] = argv;
const load = async (path: string): Promise<unknown> => import(pathToFileURL(path).href);

const { makeWorkload } = (await load(join(folder, 'workload.mjs'))) as { makeWorkload: (given: object) => SimpleWorkload };
const workload = makeWorkload({ checks: 10 });
const started = performance.now();
const { name, setup } = (await load(module)) as Adapter;
const importedMs = performance.now() - started;
const engine = await setup(workload);
const [first] = workload.checks;
if (first !== undefined) await engine.check(first);
const run: ColdRun = { name, importedMs, totalMs: performance.now() - started };
stdout.write(`${JSON.stringify(run)}\n`);
exit(0);
