// The audit service's routes: searching, proofs and the log as callers of different rights see them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEntry } from '../../../functions/audit/domain/entry.ts';
import { decodeBundle } from '../../../functions/audit/domain/entry-bundle.ts';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { parseVerifierKey } from '../../../functions/audit/domain/signed-note.ts';
import { verifyTlogProof } from '../../../functions/audit/domain/tlog-proof.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { uuidv7 } from '../../../functions/shared/kernel/world.ts';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
let app: ReturnType<typeof auditApp>;
const reader = 'acme/user:reader';
const supporter = 'acme/user:supporter';

beforeEach(() => {
  audit = auditFixture('routes');
  app = auditApp(audit);
  app.grant(reader, 'audit:*:read');
  app.grant(supporter, 'audit:support:read');
});
afterEach(() => audit.close());

const workspace = (name: string) => name as AuditEvent['workspace'];
const idsOf = (reply: { body: { items: AuditEvent[] } }) => reply.body.items.map(({ id }) => id);

const all = async (who: string, query: Record<string, string | string[]>): Promise<AuditEvent[]> => {
  const items: AuditEvent[] = [];
  for (let cursor: string | undefined; ; ) {
    const reply = await app.call(who, 'GET', '/events', { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } });
    expect(reply.status).toBe(200);
    items.push(...reply.body.items);
    cursor = reply.body.nextCursor;
    if (cursor === undefined) return items;
  }
};

describe('searching', () => {
  const types = ['secret.created', 'secret.accessed', 'secret.accessed', 'auth.login', 'auth.failed_login', 'authz.denied'] as const;
  const spread = (event: AuditEvent, index: number): AuditEvent => ({
    ...event,
    type: types[index % types.length] ?? 'auth.login',
    actor: { principal: `user:u${index % 5}`, email: `u${index % 5}@acme.example` },
    ...(index % 4 === 0 ? {} : { workspace: workspace(index % 4 === 1 ? 'support' : 'research') }),
    resource: { type: index % 3 === 0 ? 'secret' : 'role', id: `r${index % 7}` },
    outcome: index % 6 === 5 ? 'denied' : 'success',
    source: { ip: index % 2 === 0 ? `10.1.${index % 3}.${index % 200}` : `2001:db8:${index % 3}::${index % 9}` },
    reason: index % 10 === 0 ? 'Rotated by Hand' : 'none',
  });

  test('answers every filter, alone and combined, as looking at each event would', async () => {
    const made: AuditEvent[] = [];
    await audit.record(240, (event, index) => {
      made.push(spread(event, index));
      return made.at(-1) as AuditEvent;
    });
    await audit.drain();
    const from = made[60]?.time ?? '';
    const to = made[180]?.time ?? '';
    const cases: [Record<string, string | string[]>, (event: AuditEvent) => boolean][] = [
      [{}, () => true],
      [{ type: 'secret' }, ({ type }) => type.startsWith('secret.')],
      [{ type: 'auth' }, ({ type }) => type.startsWith('auth.')],
      [{ type: 'auth.failed_login' }, ({ type }) => type === 'auth.failed_login'],
      [{ type: ['auth.login', 'authz.denied'] }, ({ type }) => type === 'auth.login' || type === 'authz.denied'],
      [{ type: 'nothing.like_it' }, () => false],
      [{ actor: 'user:u3' }, ({ actor }) => actor.principal === 'user:u3'],
      [{ resourceType: 'secret' }, ({ resource }) => resource.type === 'secret'],
      [{ resource: 'r4' }, ({ resource }) => resource.id === 'r4'],
      [{ workspace: 'support' }, (event) => event.workspace === 'support'],
      [{ outcome: 'denied' }, ({ outcome }) => outcome === 'denied'],
      [{ outcome: 'success' }, ({ outcome }) => outcome === 'success'],
      [{ ip: '10.1.2.0/24' }, ({ source }) => source.ip?.startsWith('10.1.2.') === true],
      [{ ip: '10.1.2.8' }, ({ source }) => source.ip === '10.1.2.8'],
      [{ ip: '10.1.0.0/16' }, ({ source }) => source.ip?.startsWith('10.') === true],
      [{ ip: '10.0.0.0/13' }, ({ source }) => source.ip?.startsWith('10.') === true],
      [{ ip: '0.0.0.0/0' }, ({ source }) => source.ip?.startsWith('10.') === true],
      [{ ip: '2001:db8:1::/48' }, ({ source }) => source.ip?.startsWith('2001:db8:1:') === true],
      [{ requestId: made[7]?.requestId ?? '' }, ({ id }) => id === made[7]?.id],
      [{ from, to }, ({ time }) => time >= from && time < to],
      [{ q: 'rotated hand' }, ({ reason }) => reason === 'Rotated by Hand'],
      [{ q: 'u2@acme.example' }, ({ actor }) => actor.principal === 'user:u2'],
      [
        { type: 'secret', workspace: 'research', outcome: 'success', from },
        (event) => event.type.startsWith('secret.') && event.workspace === 'research' && event.outcome === 'success' && event.time >= from,
      ],
      [
        { actor: 'user:u1', ip: '10.0.0.0/8', resource: 'r2' },
        (event) => event.actor.principal === 'user:u1' && event.source.ip?.startsWith('10.') === true && event.resource.id === 'r2',
      ],
    ];
    for (const [query, wanted] of cases) {
      const expected = made.filter(wanted).map(({ id }) => id);
      const limit = { limit: '17' };
      // The searches' own records come after and are left out.
      const own = ({ type }: AuditEvent) => type !== 'audit.searched';
      expect(
        (await all(reader, { ...query, ...limit, order: 'oldest' })).filter(own).map(({ id }) => id),
        JSON.stringify(query),
      ).toEqual(expected);
      expect(
        (await all(reader, { ...query, ...limit })).filter(own).map(({ id }) => id),
        JSON.stringify(query),
      ).toEqual(expected.toReversed());
    }
    const [first] = (await app.call(reader, 'GET', '/events', { query: { order: 'oldest', limit: '1' } })).body.items;
    expect(first).toEqual({ ...made[0], leafIndex: 0 });
  });

  test('shows each event once while others arrive, newest first and oldest first', async () => {
    const early = await audit.record(60);
    await audit.drain();
    for (const order of ['newest', 'oldest']) {
      const first = await app.call(reader, 'GET', '/events', { query: { order, limit: '20' } });
      const late = await audit.record(10);
      await audit.drain();
      const seen = idsOf(first);
      for (let cursor = first.body.nextCursor; cursor !== undefined; ) {
        const page = await app.call(reader, 'GET', '/events', { query: { order, limit: '20', cursor } });
        seen.push(...idsOf(page));
        cursor = page.body.nextCursor;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(early.every((id) => seen.includes(id))).toBe(true);
      expect(late.some((id) => seen.includes(id))).toBe(order === 'oldest');
    }
  });

  test('decides item by item: a reader of one workspace sees its events, and pages of nothing else', async () => {
    const made = await audit.record(90, (event, index) =>
      index % 9 === 0
        ? { ...event, workspace: workspace('support') }
        : index % 2 === 0
          ? { ...event, workspace: workspace('research') }
          : event,
    );
    await audit.drain();
    const seen = await all(supporter, { limit: '3', order: 'oldest' });
    expect(seen.map(({ id }) => id)).toEqual(made.filter((_, index) => index % 9 === 0));
    expect((await app.call(supporter, 'GET', '/events', { query: { workspace: 'research', limit: '1' } })).body).toEqual({ items: [] });
    app.grant('acme/user:careful', 'audit:*:read', '!audit:support:read');
    expect((await all('acme/user:careful', {})).some((event) => event.workspace === 'support')).toBe(false);
    app.grant('acme/user:nobody', 'apps:*:read');
    expect((await app.call('acme/user:nobody', 'GET', '/events')).status).toBe(403);
  });

  test('refuses filters that it does not understand, and cursors of other lists, callers and filters', async () => {
    await audit.record(5);
    await audit.drain();
    for (const query of [
      { ip: '10.0.0.0/40' },
      { ip: 'x' },
      { from: 'yesterday' },
      { outcome: 'maybe' },
      { order: 'random' },
      { limit: '0' },
      { limit: '101' },
      { colour: 'red' },
      { workspace: 'A B' },
    ] as Record<string, string>[]) {
      expect((await app.call(reader, 'GET', '/events', { query })).status, JSON.stringify(query)).toBe(422);
    }
    const { nextCursor: cursor } = (await app.call(reader, 'GET', '/events', { query: { limit: '2' } })).body;
    expect((await app.call(reader, 'GET', '/events', { query: { limit: '4', cursor } })).status).toBe(200);
    app.grant('acme/user:other', 'audit:*:read');
    for (const [who, query] of [
      [reader, { cursor, actor: 'user:x' }],
      ['acme/user:other', { cursor }],
      [reader, { cursor: `${cursor.slice(0, -2)}AA` }],
    ] as const) {
      expect((await app.call(who, 'GET', '/events', { query })).status).toBe(422);
    }
  });

  test('is itself recorded, once for the same search by the same caller in five minutes, so that polling does not feed on itself', async () => {
    await audit.record(1);
    for (let poll = 0; poll < 20; poll += 1) {
      await app.call(reader, 'GET', '/events', { query: { limit: '1' } });
      await audit.drain();
    }
    const searches = await all(reader, { type: 'audit.searched', limit: '100' });
    expect(searches).toHaveLength(1);
    expect(searches[0]).toMatchObject({ actor: { principal: 'user:reader' }, action: 'search', details: { filter: { order: 'newest' } } });
    await app.call(reader, 'GET', '/events', { query: { actor: 'user:alice' } });
    audit.clock.advance(6 * 60_000);
    await app.call(reader, 'GET', '/events', { query: { limit: '1' } });
    await audit.drain();
    expect((await all(reader, { type: 'audit.searched' })).map(({ details }) => details)).toContainEqual({
      filter: { actor: 'user:alice', order: 'newest' },
    });
  });

  test('fails when its record cannot be written', async () => {
    audit.faults.arm(0, 'not-made');
    expect((await app.call(reader, 'GET', '/events')).status).toBe(500);
  });

  test('finds what was indexed and nothing of another organization', async () => {
    const globex = orgId.parse('globex');
    await audit.put(audit.event({ org: globex }));
    await audit.record(1);
    await audit.drain();
    audit.clock.advance(1_000);
    await audit.pipeline().seal(globex);
    await audit.pipeline().ship(globex);
    app.grant('globex/user:reader', 'audit:*:read');
    expect(await all('globex/user:reader', { type: 'admin' })).toHaveLength(1);
    expect(await all(reader, { type: 'admin' })).toHaveLength(1);
  });
});

describe('one event', () => {
  test('is read before it is sealed, and gets its place then', async () => {
    const [id = ''] = await audit.record(1);
    const before = await app.call(reader, 'GET', `/events/${id}`);
    expect([before.status, before.body.id, before.body.leafIndex]).toEqual([200, id, undefined]);
    await audit.drain();
    expect((await app.call(reader, 'GET', `/events/${id}`)).body).toMatchObject({ id, leafIndex: expect.any(Number) });
    expect((await app.call(reader, 'GET', `/events/${uuidv7(audit.platform.world)}`)).status).toBe(404);
  });

  test('has a proof once a checkpoint covers it, 409 with Retry-After until then; the proof holds for its entry and for no other', async () => {
    const ids = await audit.record(3);
    const early = await app.call(reader, 'GET', `/events/${ids[0]}/proof`);
    expect([early.status, early.headers['retry-after']]).toEqual([409, '1']);
    expect((await app.call(reader, 'GET', `/events/${ids[0]}/entry`)).status).toBe(409);
    audit.clock.advance(1_000);
    await audit.pipeline().seal(audit.event().org);
    expect((await app.call(reader, 'GET', `/events/${ids[0]}/proof`)).status).toBe(409);
    await audit.record(300);
    await audit.drain();
    const key = parseVerifierKey((await app.call(reader, 'GET', '/log/key')).bytes.toString().trimEnd());
    const checkpoint = (await app.call(reader, 'GET', '/log/checkpoint')).bytes.toString();
    const proof = await app.call(reader, 'GET', `/events/${ids[1]}/proof`);
    expect(proof.headers['content-type']).toBe('text/plain; charset=utf-8');
    const text = proof.bytes.toString();
    expect(text.endsWith(`\n\n${checkpoint}`)).toBe(true);
    const entry = (await app.call(reader, 'GET', `/events/${ids[1]}/entry`)).bytes;
    expect(parseEntry(entry).id).toBe(ids[1]);
    expect(verifyTlogProof(text, entry, [key]).size).toBeGreaterThan(300);
    const other = (await app.call(reader, 'GET', `/events/${ids[2]}/entry`)).bytes;
    expect(() => verifyTlogProof(text, other, [key])).toThrow('does not show');
  });

  test('of a workspace that the caller cannot see does not exist, and reads the same bytes as none', async () => {
    const [hidden = ''] = await audit.record(1, (event) => ({ ...event, workspace: workspace('research') }));
    const [shown = ''] = await audit.record(1, (event) => ({ ...event, workspace: workspace('support') }));
    const [own = ''] = await audit.record(1);
    await audit.drain();
    const bytesOf = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
      JSON.stringify([status, { ...body, requestId: '' }]);
    const none = await app.call(supporter, 'GET', `/events/${uuidv7(audit.platform.world)}`);
    for (const part of ['', '/proof', '/entry']) {
      expect(bytesOf(await app.call(supporter, 'GET', `/events/${hidden}${part}`))).toBe(bytesOf(none));
      expect((await app.call(supporter, 'GET', `/events/${shown}${part}`)).status).toBe(200);
      expect((await app.call(supporter, 'GET', `/events/${own}${part}`)).status).toBe(403);
    }
  });
});

describe('the log', () => {
  test('is served as C2SP tlog-tiles to whoever reads the whole organization, and verifies from what is served', async () => {
    await audit.record(300);
    await audit.drain();
    const entries = await app.call(reader, 'GET', '/log/tile/entries/000');
    expect([entries.status, entries.headers['content-type'], decodeBundle(entries.bytes).length]).toEqual([
      200,
      'application/octet-stream',
      256,
    ]);
    expect((await app.call(reader, 'GET', '/log/tile/0/001.p/44')).bytes).toHaveLength(44 * 32);
    for (const path of ['0/002', '0/1', '0/001.p/45', 'entries/000.p/256', '../checkpoint', 'entries/../../key', '0/000/x']) {
      expect((await app.call(reader, 'GET', `/log/tile/${path}`)).status, path).toBe(404);
    }
    expect((await app.call(supporter, 'GET', '/log/tile/0/000')).status).toBe(403);
    expect((await app.call(supporter, 'GET', '/log/checkpoint')).status).toBe(200);
    expect((await app.call(supporter, 'GET', '/log/key')).status).toBe(200);
  });

  test('does not exist before the first event is sealed', async () => {
    for (const path of ['/log/checkpoint', '/log/key', '/log/tile/0/000.p/1'])
      expect((await app.call(reader, 'GET', path)).status).toBe(404);
  });
});

describe('events of other services', () => {
  const service = 'acme/service:deployer';
  const sent = (more: Record<string, unknown> = {}) => ({
    id: uuidv7(audit.platform.world),
    time: new Date(audit.clock.nowMs()).toISOString(),
    workspace: 'support',
    type: 'deploy.release_created',
    action: 'create-release',
    actor: { principal: 'user:alice' },
    resource: { type: 'release', id: 'v1' },
    outcome: 'success',
    requestId: 'r-1',
    service: 'deployer',
    ...more,
  });
  const post = (who: string, events: unknown[]) => app.call(who, 'POST', '/events', { body: { events } });

  beforeEach(() => app.grant(service, 'audit:support:write'));

  test('are recorded once, with who sent them and when, however often they are sent', async () => {
    const event = sent();
    const first = await post(service, [event]);
    expect([first.status, first.body.results]).toEqual([202, [{ id: event.id, status: 'recorded', eventId: expect.any(String) }]]);
    await audit.drain();
    expect((await post(service, [event])).body.results[0]).toMatchObject({ status: 'duplicate', eventId: first.body.results[0].eventId });
    await audit.drain();
    const found = await all(reader, { type: 'deploy' });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      id: first.body.results[0].eventId,
      recordedBy: { principal: 'service:deployer', id: event.id },
      actor: { principal: 'user:alice' },
    });
  });

  test("have ids that are their sender's own: another sender's same id is another event, another body under it is refused", async () => {
    const event = sent();
    app.grant('acme/service:other', 'audit:*:write');
    const mine = (await post(service, [event])).body.results[0];
    const theirs = (await post('acme/service:other', [event])).body.results[0];
    expect([mine.status, theirs.status]).toEqual(['recorded', 'recorded']);
    expect(theirs.eventId).not.toBe(mine.eventId);
    expect((await post(service, [{ ...event, action: 'delete-release' }])).body.results[0]).toMatchObject({
      status: 'refused',
      detail: 'this id was used with another body',
    });
  });

  test('are each refused for their own reason, and the others recorded', async () => {
    const bad = [
      sent({ type: 'admin.role_changed' }),
      sent({ type: 'secret.accessed' }),
      sent({ workspace: 'research' }),
      sent({ workspace: undefined }),
      sent({ details: { text: 'x'.repeat(20_000) } }),
      sent({ recordedBy: { principal: 'user:admin', id: 'x', receivedAt: '2040-01-01T00:00:00.000Z' } }),
      sent({ org: 'globex' }),
      sent({ id: 'not-a-uuid' }),
      sent({ time: '2099-01-01T00:00:00.000Z' }),
      'text',
    ];
    const { results } = (await post(service, [...bad, sent()])).body;
    expect(results.map(({ status }: { status: string }) => status)).toEqual([...bad.map(() => 'refused'), 'recorded']);
    app.grant('acme/user:reader-only', 'audit:*:read');
    expect((await post('acme/user:reader-only', [sent()])).status).toBe(403);
  });
});
