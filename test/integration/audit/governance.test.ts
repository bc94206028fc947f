// Counts, retention, legal hold and erasure, as administrators and others see them.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tableKeyRing } from '../../../functions/audit/adapters/table-key-ring.ts';
import { openValue } from '../../../functions/audit/domain/cut-values.ts';
import { erased, openEntry, parseEntry } from '../../../functions/audit/domain/entry.ts';
import { decodeBundle } from '../../../functions/audit/domain/entry-bundle.ts';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, acme, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
let app: ReturnType<typeof auditApp>;
const admin = 'acme/user:root';
const reader = 'acme/user:reader';

beforeEach(() => {
  audit = auditFixture('governance');
  app = auditApp(audit);
  app.grant(admin, '*:*:*');
  app.grant(reader, 'audit:*:read', 'audit:*:export');
});
afterEach(() => audit.close());

const inWorkspace = (name: string) => ({ workspace: name as NonNullable<AuditEvent['workspace']> });

describe('counts', () => {
  const spread = (event: AuditEvent, index: number): AuditEvent => ({
    ...event,
    type: index % 2 === 0 ? 'secret.accessed' : 'authz.denied',
    outcome: index % 2 === 0 ? 'success' : 'denied',
    actor: { principal: `user:u${index % 3}` },
    ...(index % 4 === 0 ? inWorkspace('support') : {}),
  });

  test('are right by type, outcome and actor, by the hour and the day, whatever failed on the way', async () => {
    for (let at = 0; at < 4; at += 1) {
      audit.clock.advance(60 * 60_000);
      await audit.record(60, spread);
      audit.faults.arm(5 + 3 * at, at % 2 === 0 ? 'made' : 'died');
      await audit.drain().catch(() => undefined);
      audit.faults.disarm();
      await audit.drain();
    }
    audit.clock.advance(1_000);
    const { status, body } = await app.call(reader, 'GET', '/stats', { query: { interval: 'hour' } });
    expect([status, body.total]).toEqual([200, 240]);
    expect(body).toMatchObject({
      types: { 'secret.accessed': 120, 'authz.denied': 120 },
      outcomes: { success: 120, denied: 120 },
      actors: { 'user:u0': 80, 'user:u1': 80, 'user:u2': 80 },
    });
    expect(body.buckets.map(({ total }: { total: number }) => total)).toEqual([60, 60, 60, 60]);
    const byDay = await app.call(reader, 'GET', '/stats', { query: { workspace: 'support' } });
    expect(byDay.body.buckets).toMatchObject([{ total: 60, types: { 'secret.accessed': 60 } }]);
  });

  test('show a reader of one workspace that workspace alone, and refuse endless ranges', async () => {
    await audit.record(40, spread);
    await audit.drain();
    audit.clock.advance(1_000);
    app.grant('acme/user:supporter', 'audit:support:read');
    const { body } = await app.call('acme/user:supporter', 'GET', '/stats');
    expect([body.total, body.types]).toEqual([10, { 'secret.accessed': 10 }]);
    expect((await app.call('acme/user:nobody', 'GET', '/stats')).status).toBe(403);
    expect((await app.call(reader, 'GET', '/stats', { query: { from: '2020-01-01T00:00:00Z' } })).status).toBe(422);
  });
});

describe('retention and legal hold', () => {
  test('are shown to administrators alone, lengthened, never shortened, and used by the next seal', async () => {
    const first = await app.call(admin, 'GET', '/retention');
    expect(first.body).toEqual({ mode: 'governance', days: 365, years: 1, deployedDays: 365 });
    expect((await app.call(reader, 'GET', '/retention')).status).toBe(403);
    expect((await app.call(admin, 'PUT', '/retention', { body: { days: 30 } })).status).toBe(409);
    expect((await app.call(admin, 'PUT', '/retention', { body: { days: 3_650 } })).body).toMatchObject({ days: 3_650, years: 10 });
    expect((await app.call(admin, 'PUT', '/retention', { body: { days: 400 } })).body.code).toBe('retention-locked');
    await audit.record(300);
    await audit.drain();
    audit.clock.advance(9 * 365 * 24 * 60 * 60_000);
    await expect(audit.platform.archive.delete('log/acme/tile/0/000')).rejects.toThrow('refuses');
    audit.clock.advance(2 * 365 * 24 * 60 * 60_000);
    await audit.platform.archive.delete('log/acme/tile/0/000');
  });

  test('a hold is recorded, keeps persons from being erased, and ends when it is released', async () => {
    expect((await app.call(reader, 'PUT', '/hold', { body: { reason: 'case 7' } })).status).toBe(403);
    expect((await app.call(admin, 'DELETE', '/hold')).status).toBe(404);
    expect((await app.call(admin, 'PUT', '/hold', { body: { reason: 'case 7' } })).body).toMatchObject({
      by: 'user:root',
      reason: 'case 7',
    });
    expect((await app.call(admin, 'PUT', '/hold', { body: { reason: 'again' } })).body.reason).toBe('case 7');
    expect((await app.call(admin, 'GET', '/retention')).body.hold.reason).toBe('case 7');
    const refused = await app.call(admin, 'POST', '/erasures', { body: { subject: 'user:alice' } });
    expect([refused.status, refused.body.code]).toEqual([409, 'retention-locked']);
    expect((await app.call(admin, 'DELETE', '/hold')).status).toBe(204);
    expect((await app.call(admin, 'POST', '/erasures', { body: { subject: 'user:alice' } })).status).toBe(200);
    await audit.drain();
    const changed = (await app.call(admin, 'GET', '/events', { query: { type: 'audit.hold_changed', order: 'oldest' } })).body.items;
    expect(changed.map(({ action }: AuditEvent) => action).sort()).toEqual(['hold', 'release']);
  });
});

describe('erasing a person', () => {
  const entriesOf = async () => {
    const keys = tableKeyRing({ keyTable: audit.platform.keyTable, keys: audit.platform.keys, world: audit.platform.world });
    const { size } = await audit.verify();
    const bundle = decodeBundle((await audit.source().read(`tile/entries/000.p/${size}`)) ?? new Uint8Array());
    return Promise.all(bundle.map((entry) => openEntry(parseEntry(entry), (ref) => keys.byRef(acme, ref))));
  };

  test('takes two steps, destroys the key, purges index and counts, names no one, and the log still verifies', async () => {
    await audit.record(6);
    audit.clock.advance(1);
    await audit.put(audit.event({ actor: { principal: 'user:bob' }, resource: { type: 'member', id: 'alice' }, source: {} }));
    await audit.drain();
    audit.clock.advance(1);
    const before = await audit.verify();
    const first = await app.call(admin, 'POST', '/erasures', { body: { subject: 'user:alice' } });
    expect(first.body).toMatchObject({ status: 'confirm', confirmation: expect.any(String) });
    const { confirmation } = first.body;
    for (const bad of [
      { subject: 'user:bob', confirmation },
      { subject: 'user:alice', confirmation: `9${confirmation}` },
    ]) {
      expect((await app.call(admin, 'POST', '/erasures', { body: bad })).status).toBe(409);
    }
    app.grant('acme/user:second', '*:*:*');
    expect((await app.call('acme/user:second', 'POST', '/erasures', { body: { subject: 'user:alice', confirmation } })).status).toBe(409);
    const done = await app.call(admin, 'POST', '/erasures', { body: { subject: 'user:alice', confirmation } });
    expect(done.body).toMatchObject({
      status: 'erased',
      key: expect.stringMatching(/^s\./),
      purged: 7,
      irrecoverableAfter: expect.any(String),
    });
    await audit.drain();
    expect((await audit.verify(before)).size).toBeGreaterThan(before.size);
    const { body } = await app.call(admin, 'GET', '/events', { query: { order: 'oldest' } });
    expect(body.items.slice(0, 6).map(({ actor }: AuditEvent) => actor)).toEqual(Array(6).fill({ principal: erased }));
    expect(body.items[6]).toMatchObject({ actor: { principal: 'user:bob' }, resource: { type: 'member', id: erased } });
    const stats = (await app.call(admin, 'GET', '/stats')).body;
    for (const shown of [body, stats]) expect(JSON.stringify(shown)).not.toMatch(/alice|192\.0\.2\.7/i);
    expect((await app.call(admin, 'GET', '/events', { query: { actor: 'user:alice' } })).body.items).toEqual([]);
    expect((await app.call(admin, 'GET', '/events', { query: { q: 'alice' } })).body.items).toEqual([]);
    const opened = await entriesOf();
    expect(opened.slice(0, 6).map(({ actor }) => actor)).toEqual(Array(6).fill({ principal: erased }));
    expect(opened[6]).toMatchObject({ actor: { principal: 'user:bob' }, resource: { id: erased } });
    expect(JSON.stringify(opened)).not.toMatch(/alice/i);
    expect(opened.filter(({ type }) => type === 'audit.erased').map(({ action, resource }) => [action, resource.id])).toEqual([
      ['begin-erasure', done.body.key],
      ['erase', done.body.key],
    ]);
  });

  test('needs Admin at `*`: every permission of the catalogue, none denied', async () => {
    for (const grants of [['audit:*:*'], ['*:support:*'], ['*:*:*', '!secrets:*:delete'], ['iam:*:*', 'audit:*:*']]) {
      app.grant('acme/user:almost', ...grants);
      expect((await app.call('acme/user:almost', 'POST', '/erasures', { body: { subject: 'user:alice' } })).status).toBe(403);
    }
    for (const subject of ['group:all', 'token:x', 'alice', '']) {
      expect((await app.call(admin, 'POST', '/erasures', { body: { subject } })).status).toBe(422);
    }
  });
});

describe('events of other services', () => {
  const sent = (id: number, more: object = {}) => ({
    id: `0198c0de-0000-7000-8000-${String(id).padStart(12, '0')}`,
    time: new Date(audit.clock.nowMs()).toISOString(),
    type: 'resource.updated',
    action: 'update-app',
    actor: { principal: 'user:alice' },
    resource: { type: 'app', id: 'bot' },
    outcome: 'success',
    requestId: 'r1',
    service: 'platform',
    ...more,
  });
  const record = async (...events: object[]) => (await app.call(admin, 'POST', '/events', { body: { events } })).body.results;

  test('are typed, held to 16 KiB with a clear refusal, and large values of changes become objects that the log names', async () => {
    const large = { text: 'v'.repeat(60_000) };
    const results = await record(
      sent(1, { changes: [{ path: '/prompt', before: 'short', after: large }] }),
      sent(2, { details: { message: 'x'.repeat(17_000) } }),
      sent(3, { details: { nonsense: 1 } }),
      sent(4, { type: 'secret.created' }),
      sent(5, { changes: [{ path: '/prompt', after: 'y'.repeat(300_000) }] }),
      sent(6, { extra: 1 }),
    );
    expect(results.map(({ status }: { status: string }) => status)).toEqual(['recorded', ...Array(5).fill('refused')]);
    expect(results[1].detail).toContain('16384 bytes');
    expect(results[2].detail).toContain('`/details/nonsense` is no field of `resource.updated`');
    expect(results[4].detail).toContain('262144 bytes');
    await audit.drain();
    const shown = (await app.call(admin, 'GET', `/events/${results[0].eventId}`)).body;
    expect(shown.changes[0]).toEqual({
      path: '/prompt',
      before: 'short',
      after: { cut: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: 60_011 } },
    });
    const objects = ((await audit.source().list()) ?? []).filter((path) => path.startsWith('values/'));
    expect(objects).toHaveLength(1);
    await audit.verify();
    const [path = ''] = objects;
    const sealed = (await audit.source().read(path)) ?? new Uint8Array();
    expect(Buffer.from(sealed).toString()).not.toContain('vvvv');
    const keys = tableKeyRing({ keyTable: audit.platform.keyTable, keys: audit.platform.keys, world: audit.platform.world });
    const text = openValue(await keys.workspace(acme, undefined), acme, sealed);
    expect([JSON.parse(text), createHash('sha256').update(text).digest('hex')]).toEqual([large, shown.changes[0].after.cut.sha256]);
    audit.clock.advance(400 * 24 * 60 * 60_000);
    await audit.platform.archive.putReplaceable(`log/acme/${path}`, Buffer.from('other'));
    await expect(audit.verify()).rejects.toThrow('does not have the hash');
    await audit.platform.archive.delete(`log/acme/${path}`);
    await expect(audit.verify()).rejects.toThrow('is missing');
  });
});
