// `npm run bench [-- name…]`: runs the benches one after another and writes bench/RESULTS.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { argv, stdout, version } from 'node:process';
import { auditBench } from './audit.ts';
import { authzBench } from './authz.ts';
import { guardedCallBench } from './guarded-call.ts';
import { protectBench } from './protect.ts';
import { qualityBench } from './quality.ts';
import type { Bench } from './report.ts';
import { vaultBench } from './vault.ts';

const benches: readonly Bench[] = [guardedCallBench, auditBench, authzBench, vaultBench, protectBench, qualityBench];
const file = join(import.meta.dirname, 'RESULTS.md');

const readSections = (): Map<string, string> => {
  try {
    const parts = readFileSync(file, 'utf8').split(/^## /m).slice(1);
    return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]));
  } catch {
    return new Map();
  }
};

const asked = argv.slice(2).map((name) => name.toLowerCase());
const sections = readSections();
for (const { name, run } of benches) {
  if (asked.length > 0 && !asked.some((part) => name.toLowerCase().includes(part))) continue;
  stdout.write(`${name}…\n`);
  const body = await run();
  stdout.write(`${body}\n\n`);
  const machine = `Node.js ${version}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${new Date().toISOString().slice(0, 10)}; a shared machine: compare ratios of one run.`;
  sections.set(name, `${machine}\n\n${body}`);
}
const text = benches.flatMap(({ name }) => (sections.has(name) ? [`## ${name}\n\n${sections.get(name)}`] : []));
writeFileSync(file, `# Results\n\nWritten by \`npm run bench\`.\n\n${text.join('\n\n')}\n`);
