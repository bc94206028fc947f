// `audit:verify` as a stranger runs it: a folder that holds is accepted; one changed bit, file or order anywhere in it is refused, and said where.
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBundle, encodeBundle } from '../../../functions/audit/domain/entry-bundle.ts';
import { parseVerifierKey } from '../../../functions/audit/domain/signed-note.ts';
import { verifyDelivered } from '../../../functions/audit/domain/verify-delivered.ts';
import { VerificationFailed, verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, acme, auditFixture, bucketOf } from '../../support/audit-fixture.ts';
import { temporaryFolder } from '../../support/ports.ts';

const script = join(import.meta.dirname, '../../../scripts/audit-verify.ts');

const run = (...args: string[]): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(execPath, [script, ...args]);
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

const overwrite = (file: string, bytes: Uint8Array): void => {
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
};

let audit: AuditFixture;
let early: string;
let work: ReturnType<typeof temporaryFolder>;
let keyText: string;

beforeAll(async () => {
  work = temporaryFolder();
  audit = auditFixture('verify');
  await audit.record(5);
  await audit.drain();
  early = join(work.path, 'early-checkpoint');
  writeFileSync(early, (await audit.source().read('checkpoint')) ?? '');
  await audit.record(255);
  await audit.drain();
  await audit.record(4);
  await audit.drain();
  keyText = Buffer.from((await audit.source().read('key')) ?? '')
    .toString()
    .trimEnd();
});
afterAll(() => {
  audit.close();
  work.remove();
});

/** A copy of the bucket to tamper with. */
const copy = (): { root: string; log: string; archive: string } => {
  const root = join(work.path, `copy-${performance.now()}`);
  cpSync(bucketOf(audit.folder), join(root, 'bucket'), { recursive: true });
  return { root, log: join(root, 'bucket/log/acme'), archive: join(root, 'bucket/archive/acme') };
};

describe('audit:verify', () => {
  test('accepts the data folder, the log alone, the right key and an earlier checkpoint', async () => {
    const whole = await run(audit.folder);
    expect(whole).toMatchObject({ code: 0, said: expect.stringContaining('264 entries') });
    expect(whole.said).toContain('264 delivered lines');
    for (const args of [[join(bucketOf(audit.folder), 'log/acme')], [audit.folder, '--key', keyText], [audit.folder, '--from', early]]) {
      expect(await run(...args)).toMatchObject({ code: 0 });
    }
    expect((await run(audit.folder, '--from', early)).said).toContain('grown from 5');
  });

  test('accepts a log over HTTP, and needs nothing else', async () => {
    const log = join(bucketOf(audit.folder), 'log/acme');
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(log, request.url ?? '')));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await run(`http://127.0.0.1:${port}/`, '--key', keyText)).toMatchObject({ code: 0 });
    server.close();
  });

  test('accepts a single proof with its entry, and refuses it with another', async () => {
    const app = auditApp(audit);
    app.grant('acme/user:reader', 'audit:*:read');
    const [first, second] = await audit.entryIds();
    for (const [name, path] of [
      ['a.tlog-proof', `/events/${first}/proof`],
      ['a.entry', `/events/${first}/entry`],
      ['b.entry', `/events/${second}/entry`],
    ] as const) {
      writeFileSync(join(work.path, name), (await app.call('acme/user:reader', 'GET', path)).bytes);
    }
    const proof = join(work.path, 'a.tlog-proof');
    expect(await run(proof, '--entry', join(work.path, 'a.entry'), '--key', keyText)).toMatchObject({ code: 0 });
    expect(await run(proof, '--entry', join(work.path, 'b.entry'), '--key', keyText)).toMatchObject({ code: 1 });
    expect(await run(proof)).toMatchObject({ code: 1 });
  });

  test('refuses another key, no log, no arguments', async () => {
    const other = auditFixture('another');
    await other.record(1);
    await other.drain();
    const otherKey = Buffer.from((await other.source().read('key')) ?? '')
      .toString()
      .trimEnd();
    other.close();
    expect(await run(audit.folder, '--key', otherKey)).toMatchObject({ code: 1, said: expect.stringContaining('key') });
    expect(await run(work.path)).toMatchObject({ code: 1 });
    expect(await run()).toMatchObject({ code: 2 });
  });

  test('names the file of the first fault', async () => {
    const { root, log } = copy();
    const file = join(log, 'tile/entries/000');
    const bytes = readFileSync(file);
    bytes[40_000] = (bytes[40_000] ?? 0) ^ 4;
    overwrite(file, bytes);
    expect(await run(root)).toMatchObject({
      code: 1,
      said: expect.stringMatching(/not verified: acme\/tile\/entries\/000: entry \d+ does not/),
    });
  });
});

/** In this process, many times over. */
const verify = async (root: string): Promise<void> => {
  const source = {
    read: async (path: string) => {
      try {
        return new Uint8Array(readFileSync(join(root, 'log/acme', path)));
      } catch {
        return undefined;
      }
    },
    list: async () => filesOf(join(root, 'log/acme')).map((file) => file.slice(join(root, 'log/acme').length + 1)),
  };
  const text = Buffer.from((await source.read('key')) ?? new Uint8Array()).toString();
  let key: ReturnType<typeof parseVerifierKey>;
  try {
    key = parseVerifierKey(text.slice(0, -1));
  } catch {
    throw new VerificationFailed('key', 'is not a key');
  }
  if (!text.endsWith('\n')) throw new VerificationFailed('key', 'is not a key');
  const { size } = await verifyLog(source, { keys: [key] });
  const objects = async function* () {
    for (const path of filesOf(join(root, 'archive/acme'))) yield { path, bytes: new Uint8Array(readFileSync(path)) };
  };
  await verifyDelivered(source, size, objects());
};

describe('tampering', () => {
  test('any flipped bit of any file is found: every file, at many places', async () => {
    const { root } = copy();
    const bucket = join(root, 'bucket');
    await verify(bucket);
    let tried = 0;
    for (const file of filesOf(bucket)) {
      const bytes = readFileSync(file);
      const step = Math.max(1, Math.floor(bytes.length / 12));
      for (let at = 0; at < bytes.length; at += step) {
        const bad = Buffer.from(bytes);
        bad[at] = (bad[at] ?? 0) ^ (1 << (tried % 8));
        overwrite(file, bad);
        await expect(verify(bucket), `${file} at ${at}`).rejects.toThrow(VerificationFailed);
        tried += 1;
      }
      overwrite(file, bytes);
    }
    expect(tried).toBeGreaterThan(100);
    await verify(bucket);
  });

  const damages: [string, (at: { root: string; log: string; archive: string }) => void][] = [
    ['a missing tile', ({ log }) => rmSync(join(log, 'tile/0/000'))],
    ['a missing upper tile', ({ log }) => rmSync(join(log, 'tile/1/000.p/1'))],
    ['a missing bundle', ({ log }) => rmSync(join(log, 'tile/entries/000'))],
    ['a missing checkpoint', ({ log }) => rmSync(join(log, 'checkpoint'))],
    ['a missing key', ({ log }) => rmSync(join(log, 'key'))],
    ['a checkpoint rolled back', ({ log }) => overwrite(join(log, 'checkpoint'), readFileSync(early))],
    [
      'two entries swapped',
      ({ log }) => {
        const file = join(log, 'tile/entries/000');
        const [a, b, ...rest] = decodeBundle(readFileSync(file));
        overwrite(file, encodeBundle([b ?? Buffer.alloc(0), a ?? Buffer.alloc(0), ...rest]));
      },
    ],
    [
      'an entry removed',
      ({ log }) => {
        const file = join(log, 'tile/entries/000');
        overwrite(file, encodeBundle(decodeBundle(readFileSync(file)).slice(1)));
      },
    ],
    ['a tile cut short', ({ log }) => overwrite(join(log, 'tile/0/000'), readFileSync(join(log, 'tile/0/000')).subarray(0, -32))],
    [
      'bytes behind a bundle',
      ({ log }) => overwrite(join(log, 'tile/entries/000'), Buffer.concat([readFileSync(join(log, 'tile/entries/000')), Buffer.of(0, 0)])),
    ],
    [
      'bytes behind a checkpoint',
      ({ log }) => overwrite(join(log, 'checkpoint'), Buffer.concat([readFileSync(join(log, 'checkpoint')), Buffer.from('\n')])),
    ],
    ['a file that does not belong', ({ log }) => writeFileSync(join(log, 'tile/0/note'), 'x')],
    [
      'a tile that no checkpoint covers',
      ({ log }) => {
        writeFileSync(join(log, 'tile/0/001.p/200'), Buffer.alloc(32 * 200));
      },
    ],
    [
      'a staging bundle that is not what it is named',
      ({ log }) => {
        mkdirSync(join(log, 'staging'), { recursive: true });
        writeFileSync(join(log, 'staging', `${'0'.repeat(16)}-${'0'.repeat(64)}`), 'x');
      },
    ],
    ['a delivered object removed', ({ archive }) => rmSync(filesOf(archive).sort((a, b) => statSync(b).size - statSync(a).size)[0] ?? '')],
    [
      'a delivered line doubled under another number',
      ({ archive }) => {
        const [file = ''] = filesOf(archive);
        overwrite(file, Buffer.from(readFileSync(file, 'utf8').replace(/"leafIndex":\d+/, '"leafIndex":1')));
      },
    ],
    [
      "a delivered line behind the log's end",
      ({ archive }) => {
        const [file = ''] = filesOf(archive);
        overwrite(file, Buffer.from(readFileSync(file, 'utf8').replace(/"leafIndex":\d+/, '"leafIndex":9999')));
      },
    ],
    [
      'a delivered line cut off',
      ({ archive }) => overwrite(filesOf(archive)[0] ?? '', readFileSync(filesOf(archive)[0] ?? '').subarray(0, -1)),
    ],
    ['a delivered folder of no log', ({ root }) => mkdirSync(join(root, 'bucket/archive/globex'))],
    ['a file beside the logs', ({ root }) => writeFileSync(join(root, 'bucket/log/stray'), 'x')],
  ];
  test.each(damages)('%s is found', async (_, damage) => {
    const at = copy();
    damage(at);
    const { code, said } = await run(at.root);
    expect([code, said.includes('not verified: ')]).toEqual([1, true]);
  });

  test('bytes behind the gzip data of a delivered object are found', async () => {
    const lines = readFileSync(filesOf(join(bucketOf(audit.folder), 'archive/acme'))[0] ?? '');
    const { size } = await audit.verify();
    const check = (bytes: Uint8Array) =>
      verifyDelivered(
        audit.source(acme),
        size,
        (async function* () {
          yield { path: 'x.jsonl.gz', bytes };
        })(),
      );
    await expect(check(gzipSync(lines.subarray(0, lines.indexOf(10) + 1))).catch((error: Error) => error.message)).resolves.not.toContain(
      'gzip',
    );
    for (const bad of [Buffer.concat([gzipSync(lines), Buffer.from('more')]), gzipSync(lines).subarray(0, -4), lines]) {
      await expect(check(bad)).rejects.toThrow('gzip');
    }
  });

  test('a fork is refused by whoever keeps an earlier checkpoint', async () => {
    const fork = auditFixture('verify');
    await fork.record(3);
    await fork.drain();
    await fork.record(261);
    await fork.drain();
    const { code, said } = await run(fork.folder, '--from', early);
    fork.close();
    expect([code, said]).toEqual([1, expect.stringContaining('its first 5 entries are others')]);
  });
});

describe('a log that a crash left between head and checkpoint', () => {
  test('still verifies up to its checkpoint, and wholly after the next seal', async () => {
    const crashed = auditFixture('crashed');
    try {
      await crashed.record(3);
      await crashed.drain();
      await crashed.record(3);
      // Staging bundle, head and two files are written; the process dies over the signature.
      crashed.faults.arm(4, 'died');
      crashed.clock.advance(1_000);
      await expect(crashed.pipeline().seal(acme)).rejects.toThrow();
      crashed.faults.disarm();
      expect((await crashed.verify()).size).toBe(3);
      expect((await run(crashed.folder)).code).toBe(0);
      await crashed.drain();
      expect((await crashed.verify()).size).toBe(6);
    } finally {
      crashed.close();
    }
  });
});
