// One guarded model call after another: execution ticket, input scan, secret, model, output scan; then the audit log is verified.
// usage: node examples/guarded-call.ts [prompts.jsonl] [--url http://127.0.0.1:8787 --resolver http://… --token mm_…]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { type Client, client, type GuardedOutcome, guardedCall, prepare } from './guarded-client.ts';
import { startModel } from './model.ts';
import { startServer } from './server.ts';

const root = join(import.meta.dirname, '..');
const promptCount = 200;

const readPrompts = (file: string | undefined): string[] => {
  const shared = ['pii.dev.jsonl', 'injection.train.jsonl'].map((name) => join(root, '..', 'shared', 'data', name));
  const own = join(root, 'examples', 'prompts.jsonl');
  const files = file === undefined ? (shared.every((path) => existsSync(path)) ? shared : [own]) : [file];
  const each = Math.ceil(promptCount / files.length);
  return files.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(0, each)
      .map((line) => (JSON.parse(line) as { text: string }).text),
  );
};

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

const run = async (calls: Client, resolver: string, prompts: readonly string[]): Promise<readonly number[]> => {
  const apiKey = `key-${crypto.randomUUID()}`;
  const model = await startModel(apiKey);
  try {
    const setting = await prepare(calls, apiKey);
    const counts: Record<GuardedOutcome['outcome'], number> = { allowed: 0, redacted: 0, blocked: 0 };
    const times: number[] = [];
    for (const [index, prompt] of prompts.entries()) {
      const started = performance.now();
      const { outcome, detail } = await guardedCall({ calls, resolver, model: model.url, ...setting }, prompt);
      times.push(performance.now() - started);
      counts[outcome] += 1;
      stdout.write(`${String(index + 1).padStart(4)}  ${outcome.padEnd(8)}  ${(times.at(-1) ?? 0).toFixed(1).padStart(6)} ms  ${detail}\n`);
    }
    const sorted = times.toSorted((a, b) => a - b);
    stdout.write(
      `\n${prompts.length} prompts: ${counts.allowed} allowed, ${counts.redacted} redacted, ${counts.blocked} blocked; ` +
        `p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${quantile(sorted, 0.99).toFixed(1)} ms\n`,
    );
    return times;
  } finally {
    await model.close();
  }
};

/** Waits until no event is newer than the checkpoint, and prints it. */
const printCheckpoint = async (calls: Client): Promise<void> => {
  const deadlineMs = Date.now() + 10_000;
  const newest = (await calls.get<{ items: { id: string }[] }>('/audit/events?limit=1')).items[0]?.id;
  while (newest !== undefined && !(await calls.raw(`/audit/events/${newest}/proof`)).ok) {
    if (Date.now() > deadlineMs) throw new Error('no checkpoint covered the newest event within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  stdout.write(`\n${await (await calls.raw('/audit/log/checkpoint')).text()}`);
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, resolver: { type: 'string' }, token: { type: 'string' } },
});
const prompts = readPrompts(positionals[0]);
if (values.url !== undefined) {
  if (values.resolver === undefined || values.token === undefined) throw new Error('--url needs --resolver and --token');
  const calls = client(values.url, values.token);
  await run(calls, values.resolver, prompts);
  await printCheckpoint(calls);
} else {
  const server = await startServer(root);
  try {
    const calls = client(server.url, server.tokens.admin ?? '');
    await run(calls, server.resolver, prompts);
    await printCheckpoint(calls);
  } finally {
    await server.stop();
  }
  const verified = spawnSync(execPath, [join(root, 'scripts', 'audit-verify.ts'), server.folder], { stdio: 'inherit' });
  server.remove();
  exit(verified.status ?? 1);
}
