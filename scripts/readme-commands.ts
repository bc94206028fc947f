// Runs the README's marked blocks as they stand, against a fresh server, and holds its commands against package.json.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exit, stdout } from 'node:process';
import { startServer } from '../examples/server.ts';

const root = dirname(import.meta.dirname);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

const faults: string[] = [];

for (const [, name = ''] of readme.matchAll(/npm run (?:-s )?([\w:]+)/g)) {
  if (scripts[name] === undefined) faults.push(`\`npm run ${name}\` is no script of package.json`);
}

/** The code blocks that stand under `<!-- run: name -->`. */
const blocks = [...readme.matchAll(/<!-- run: ([\w-]+) -->\n```sh\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => ({ name, code }));

/** What a block must print for its claim to hold. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  try: [/"action":"redact"/, /"text":"write to \[EMAIL_REDACTED\]"/],
  audit: [/"type":"protection\.triggered"/, /\ball\b|verified|holds/i],
};

const server = await startServer(root, mkdtempSync(join(tmpdir(), 'readme-')));
try {
  let exports = '';
  for (const { name, code } of blocks) {
    const script = code
      .replace(/mm_….*/, server.tokens.admin ?? '')
      .replaceAll('http://127.0.0.1:8787', server.url)
      .replaceAll('-- .data', `-- ${server.folder}`);
    // Events become searchable within about a second.
    if (name === 'audit') await new Promise((resolve) => setTimeout(resolve, 2_500));
    const {
      status,
      stdout: out,
      stderr,
    } = spawnSync('bash', ['-euo', 'pipefail', '-c', exports + script], { cwd: root, encoding: 'utf8' });
    exports += (script.match(/^export .*$/gm) ?? []).join('\n').concat('\n');
    if (status !== 0) faults.push(`block \`${name}\` ended with ${status}: ${stderr.slice(-500)}`);
    for (const pattern of expected[name] ?? [])
      if (!pattern.test(out)) faults.push(`block \`${name}\` did not print ${pattern}: ${out.slice(0, 500)}`);
  }
} finally {
  await server.stop();
  server.remove();
  rmSync(server.folder, { recursive: true, force: true });
}

for (const name of Object.keys(expected))
  if (!blocks.some((block) => block.name === name)) faults.push(`the README has no block \`${name}\``);
for (const fault of faults) stdout.write(`${fault}\n`);
exit(faults.length === 0 ? 0 : 1);
