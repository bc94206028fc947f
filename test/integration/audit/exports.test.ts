// Exports: what is in them, that they resume and can be cancelled, that links end, and that they verify elsewhere and not once edited.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseCsv } from '../../../functions/audit/domain/csv.ts';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { verifyExport } from '../../../functions/audit/domain/verify-export.ts';
import { VerificationFailed } from '../../../functions/audit/domain/verify-log.ts';
import { exportWorker } from '../../../functions/audit/exports.ts';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, auditFixture } from '../../support/audit-fixture.ts';
import { hasOcsfSchema, ocsfValidator } from '../../support/audit-ocsf.ts';
import { temporaryFolder } from '../../support/ports.ts';

let audit: AuditFixture;
let app: ReturnType<typeof auditApp>;
let work: ReturnType<typeof temporaryFolder>;
const exporter = 'acme/user:exporter';

beforeEach(() => {
  work = temporaryFolder();
  audit = auditFixture('exports');
  app = auditApp(audit);
  app.grant(exporter, 'audit:*:export', 'audit:*:read');
});
afterEach(() => {
  audit.close();
  work.remove();
});

const worker = () => exportWorker(audit.platform, app.access);

const start = async (body: unknown): Promise<string> => {
  audit.clock.advance(10);
  const reply = await app.call(exporter, 'POST', '/exports', { body });
  expect([reply.status, reply.body]).toEqual([202, expect.objectContaining({ status: 'queued' })]);
  return reply.body.id;
};

/** Lets the worker and the log go on until the job is over. */
const finish = async (id: string) => {
  for (let round = 0; round < 10; round += 1) {
    await worker().run();
    await audit.drain();
    const { body } = await app.call(exporter, 'GET', `/exports/${id}`);
    if (body.status === 'done' || body.status === 'failed') return body;
  }
  throw new Error('the export does not end');
};

/** Downloads what the links say into a folder. */
const download = async (job: { manifestUrl: string; files: { name: string; url: string }[] }, name = 'export'): Promise<string> => {
  const folder = join(work.path, name);
  mkdirSync(folder, { recursive: true });
  for (const file of [{ name: 'manifest.json', url: job.manifestUrl }, ...job.files]) {
    const reply = await app.open(file.url);
    expect([file.name, reply.status]).toEqual([file.name, 200]);
    writeFileSync(join(folder, file.name), reply.bytes);
  }
  return folder;
};

const verify = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(execPath, [join(import.meta.dirname, '../../../scripts/audit-verify.ts'), ...args], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
};

const sourceOf = (folder: string) => ({
  read: async (name: string) => {
    try {
      return new Uint8Array(readFileSync(join(folder, name)));
    } catch {
      return undefined;
    }
  },
  list: async () => readdirSync(folder),
});

const mixed = (event: AuditEvent, index: number): AuditEvent => ({
  ...event,
  type: index % 3 === 0 ? 'secret.accessed' : 'admin.role_changed',
  reason: index % 5 === 0 ? '=HYPERLINK("http://x")' : 'plain, "quoted"\r\nlines',
  ...(index % 2 === 0 ? { workspace: 'support' as NonNullable<AuditEvent['workspace']> } : {}),
});

describe('an export', () => {
  test('holds what the filter asks for, in each format, and verifies on another machine', async () => {
    const made: AuditEvent[] = [];
    await audit.record(300, (event, index) => {
      made.push(mixed(event, index));
      return made.at(-1) as AuditEvent;
    });
    await audit.drain();
    const wanted = made.filter(({ type }) => type === 'secret.accessed').map(({ id }) => id);
    const idsOf = {
      jsonl: (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).id),
      ocsf: (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).metadata.uid),
      csv: (text: string) =>
        parseCsv(text)
          ?.slice(1)
          .map((cells) => cells[1]),
    };
    for (const format of ['jsonl', 'csv', 'ocsf'] as const) {
      const job = await finish(await start({ filter: { type: 'secret.accessed' }, format }));
      expect(job).toMatchObject({ status: 'done', progress: { done: wanted.length, total: wanted.length } });
      const { bytes, headers } = await app.open(job.url);
      expect(idsOf[format](bytes.toString())).toEqual(wanted);
      expect(headers['content-type']).toContain(format === 'csv' ? 'text/csv' : 'ndjson');
      if (format === 'ocsf' && hasOcsfSchema) {
        const faultsOf = ocsfValidator();
        for (const line of bytes.toString().trimEnd().split('\n')) expect(faultsOf(JSON.parse(line))).toEqual([]);
      }
      const folder = await download(job, format);
      expect(verify(folder)).toMatchObject({ code: 0, said: expect.stringContaining(`${wanted.length} events of`) });
      const key = Buffer.from((await audit.source().read('key')) ?? '')
        .toString()
        .trim();
      expect(verify(join(folder, 'manifest.json'), '--key', key)).toMatchObject({ code: 0 });
    }
  }, 60_000);

  test('of everything and of nothing verifies too', async () => {
    await audit.record(520);
    await audit.drain();
    for (const [filter, count] of [
      [{}, 520],
      [{ actor: 'user:nobody' }, 0],
    ] as const) {
      const job = await finish(await start({ filter, format: 'jsonl' }));
      // The request for the first export is itself an event that the second does not see by its filter.
      expect(job.progress.done).toBe(count);
      const { core } = await verifyExport(sourceOf(await download(job, `e${count}`)), { keys: [] });
      expect(core.events).toBe(count);
    }
  }, 30_000);

  test('edited anywhere is refused: each file at many places, a file away, a file more, another key', async () => {
    await audit.record(40, mixed);
    await audit.drain();
    const job = await finish(await start({ filter: { workspace: 'support' }, format: 'jsonl' }));
    const folder = await download(job);
    const source = sourceOf(folder);
    await verifyExport(source, { keys: [] });
    const tampered = (name: string, change: (bytes: Uint8Array) => Uint8Array | undefined) => ({
      ...source,
      read: async (asked: string) => {
        const bytes = await source.read(asked);
        return asked === name && bytes !== undefined ? change(bytes) : bytes;
      },
    });
    let tried = 0;
    for (const name of readdirSync(folder)) {
      const size = readFileSync(join(folder, name)).length;
      for (let at = 0; at < size; at += Math.max(1, Math.floor(size / 40))) {
        const flipped = tampered(name, (bytes) => bytes.map((byte, index) => (index === at ? byte ^ (1 << (tried % 7)) : byte)));
        await expect(verifyExport(flipped, { keys: [] }), `${name} at ${at}`).rejects.toThrow(VerificationFailed);
        tried += 1;
      }
      await expect(
        verifyExport(
          tampered(name, () => undefined),
          { keys: [] },
        ),
      ).rejects.toThrow('missing');
      await expect(
        verifyExport(
          tampered(name, (bytes) => bytes.slice(0, -1)),
          { keys: [] },
        ),
      ).rejects.toThrow(VerificationFailed);
    }
    expect(tried).toBeGreaterThan(100);
    writeFileSync(join(folder, 'more.jsonl'), '');
    expect(verify(folder)).toMatchObject({ code: 1, said: expect.stringContaining('more.jsonl') });
    const other = auditFixture('elsewhere');
    await other.record(1);
    await other.drain();
    const key = Buffer.from((await other.source().read('key')) ?? '')
      .toString()
      .trim();
    other.close();
    expect(verify(folder, '--key', key)).toMatchObject({ code: 1 });
  }, 60_000);

  test('goes on where a crash ended it, whichever write that was', async () => {
    await audit.record(150, mixed);
    await audit.drain();
    for (let at = 0; ; at += 1) {
      const id = await start({ filter: { type: 'secret' }, format: 'csv' });
      audit.faults.arm(at, at % 2 === 0 ? 'died' : 'not-made');
      await worker().run();
      const struck = audit.faults.struck();
      audit.faults.disarm();
      const job = await finish(id);
      expect([at, job.status, job.progress]).toEqual([at, 'done', { done: 50, total: 50 }]);
      await verifyExport(sourceOf(await download(job, `at-${at}`)), { keys: [] });
      if (!struck) {
        expect(at).toBeGreaterThan(6);
        return;
      }
    }
  }, 60_000);

  test('is cancelled: the worker stops, no file stays', async () => {
    await audit.record(30);
    await audit.drain();
    const id = await start({ filter: {}, format: 'jsonl' });
    await worker().run();
    expect((await app.call(exporter, 'DELETE', `/exports/${id}`)).status).toBe(204);
    await worker().run();
    expect((await app.call(exporter, 'GET', `/exports/${id}`)).status).toBe(404);
    expect((await audit.platform.archive.list('exports/')).paths).toEqual([]);
  });

  test('links end after ten minutes and open nothing else; opening one is recorded; files go after seven days', async () => {
    await audit.record(3);
    await audit.drain();
    const id = await start({ filter: {}, format: 'jsonl' });
    const job = await finish(id);
    expect((await app.open(job.url)).status).toBe(200);
    for (const bad of [
      job.url.replace('events-00000.jsonl', 'entries-00000.jsonl'),
      job.url.replace('by=user%3Aexporter', 'by=user%3Aada'),
      job.url.replace('/orgs/acme/', '/orgs/globex/'),
      job.url.replace(/expires=\d/, 'expires=9'),
      job.url.replace(/signature=./, 'signature=_'),
    ]) {
      expect((await app.open(bad)).status).toBe(404);
    }
    await audit.drain();
    const opened = (await app.call(exporter, 'GET', '/events', { query: { type: 'audit.exported' } })).body.items;
    expect(opened.map(({ action }: AuditEvent) => action).sort()).toEqual(['export', 'open-export', 'request-export']);
    expect(opened.find(({ action }: AuditEvent) => action === 'open-export')).toMatchObject({
      actor: { principal: 'user:exporter' },
      details: { file: 'events-00000.jsonl' },
    });
    audit.clock.advance(10 * 60_000);
    expect((await app.open(job.url)).status).toBe(404);
    const fresh = (await app.call(exporter, 'GET', `/exports/${id}`)).body.url;
    expect((await app.open(fresh)).status).toBe(200);
    audit.clock.advance(7 * 24 * 60 * 60_000);
    expect((await app.call(exporter, 'GET', `/exports/${id}`)).status).toBe(404);
    await worker().tidy();
    expect((await audit.platform.archive.list('exports/')).paths).toEqual([]);
  });

  test('needs the right, leaves out what is denied, and fails once the right is gone', async () => {
    await audit.record(10, mixed);
    await audit.drain();
    app.grant('acme/user:reader', 'audit:*:read');
    expect((await app.call('acme/user:reader', 'POST', '/exports', { body: { format: 'csv' } })).status).toBe(403);
    app.grant(exporter, 'audit:*:export', '!audit:support:export');
    const job = await finish(await start({ format: 'jsonl' }));
    expect(job.progress.done).toBe(5);
    const late = await start({ format: 'jsonl' });
    app.grant(exporter, 'audit:*:read');
    await worker().run();
    app.grant(exporter, 'audit:*:export');
    expect((await app.call(exporter, 'GET', `/exports/${late}`)).body).toMatchObject({ status: 'failed', detail: expect.any(String) });
    expect((await app.call(exporter, 'POST', '/exports', { body: { format: 'xml' } })).status).toBe(422);
    expect((await app.call(exporter, 'POST', '/exports', { body: { format: 'csv', filter: { ip: 'x' } } })).status).toBe(422);
  });
});
