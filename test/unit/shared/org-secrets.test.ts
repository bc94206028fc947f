import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileKeys } from '../../../functions/shared/embedded/file-keys.ts';
import { openSqliteTable, type SqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { type Cursors, cursors } from '../../../functions/shared/http/cursor.ts';
import { idempotency } from '../../../functions/shared/http/idempotency.ts';
import type { Call, Caller, IdempotencyClaim } from '../../../functions/shared/kernel/call.ts';
import { type OrgId, orgId } from '../../../functions/shared/kernel/ids.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { realWorld } from '../../../functions/shared/kernel/world.ts';
import { type OrgKeys, orgKeys } from '../../../functions/shared/org-keys.ts';

const acme = orgId.parse('acme');
const globex = orgId.parse('globex');
const caller = (org: OrgId, name = 'user:ada'): Caller => ({ org, principal: principal.parse(name) });

let folder: string;
let table: SqliteTable;
let nowMs: number;
let keysOf: () => OrgKeys;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'org-keys-'));
  nowMs = 1_700_000_000_000;
  const clock = { nowMs: () => nowMs };
  table = openSqliteTable({ path: ':memory:', clock, name: 'main' });
  const keys = fileKeys({ path: join(folder, 'keys.json'), randomness: realWorld });
  keysOf = () => orgKeys({ keyTable: table, keys, clock });
});
afterEach(() => {
  table.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("an organization's keys", () => {
  test('are the same for everybody who asks, also at once and after a restart', async () => {
    const [a, b] = await Promise.all([keysOf()(acme, 'tickets'), keysOf()(acme, 'tickets')]);
    expect(a).toEqual(b);
    expect(await keysOf()(acme, 'tickets')).toEqual(a);
  });
  test('differ by organization and purpose', async () => {
    const keys = keysOf();
    const all = await Promise.all([keys(acme, 'tickets'), keys(acme, 'cursors'), keys(globex, 'tickets')]);
    expect(new Set(all.map((key) => Buffer.from(key).toString('hex'))).size).toBe(3);
  });
  test('are not made for a name that a caller made up', async () => {
    await expect(keysOf()(globex, 'tickets', 'existing')).rejects.toThrow('no such key');
    expect(await table.get(globex, { pk: 'globex#org-keys', sk: 'tickets' })).toBeUndefined();
    const made = await keysOf()(globex, 'tickets');
    expect(await keysOf()(globex, 'tickets', 'existing')).toEqual(made);
  });
  test("do not unwrap from another organization's row", async () => {
    await keysOf()(acme, 'tickets');
    await keysOf()(globex, 'tickets');
    const stolen = await table.get(globex, { pk: 'globex#org-keys', sk: 'tickets' });
    await table.transact(acme, [{ kind: 'put', item: { ...stolen, pk: 'acme#org-keys', sk: 'tickets' } }]);
    await expect(keysOf()(acme, 'tickets')).rejects.toThrow('could not be unwrapped');
  });
});

describe('a cursor', () => {
  const list = (org: OrgId, query: Record<string, unknown>, who = 'user:ada') => ({ org, caller: caller(org, who), query });
  let made: Cursors;
  let text: string;
  beforeEach(async () => {
    made = cursors({ orgKeys: keysOf(), randomness: realWorld });
    text = await made.seal(list(acme, { limit: 10, type: 'a' }), 'events', 'position-7');
  });
  test('opens for the list it was made for, whatever the page size', async () => {
    expect(await made.open(list(acme, { limit: 99, type: 'a', cursor: text }), 'events')).toBe('position-7');
    expect(await made.open(list(acme, { type: 'a' }), 'events')).toBeUndefined();
  });
  test('does not show its position', () => {
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('position');
  });
  test('is refused for another organization, person, list or filter', async () => {
    for (const [call, route] of [
      [list(globex, { type: 'a', cursor: text }), 'events'],
      [list(acme, { type: 'a', cursor: text }, 'user:eve'), 'events'],
      [list(acme, { type: 'a', cursor: text }), 'roles'],
      [list(acme, { type: 'b', cursor: text }), 'events'],
      [list(acme, { cursor: text }), 'events'],
    ] as const) {
      await expect(made.open(call, route)).rejects.toMatchObject({ code: 'validation-failed' });
    }
  });
  test('is refused with any byte changed, cut or added', async () => {
    const bytes = Buffer.from(text, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const bad = Buffer.from(bytes);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await expect(made.open(list(acme, { type: 'a', cursor: bad.toString('base64url') }), 'events')).rejects.toThrow();
    }
    for (const bad of ['', text.slice(1), `${text}A`, `${text}=`, '%00']) {
      await expect(made.open(list(acme, { type: 'a', cursor: bad }), 'events')).rejects.toThrow();
    }
  });
});

describe('an idempotency key', () => {
  const call = { org: acme, caller: caller(acme) };
  const commit = (claim: IdempotencyClaim) => table.transact(acme, [{ kind: 'put', item: { ...claim }, condition: { absent: true } }]);
  const store = () => idempotency({ table, orgKeys: keysOf(), clock: { nowMs: () => nowMs } });
  const claimOf = async (
    who: Pick<Call, 'org' | 'caller'> = call,
    key = 'k',
    body = 'b',
    route = 'POST /roles',
  ): Promise<IdempotencyClaim> => {
    const begun = await store().begin(who, route, key, body);
    if (!('claim' in begun)) throw new Error('not a claim');
    return begun.claim;
  };
  test('replays the kept answer', async () => {
    const claim = await claimOf();
    await commit(claim);
    await store().keep(call, claim, { status: 201, body: { id: 'made' }, headers: { location: '/x' } });
    expect(await store().begin(call, 'POST /roles', 'k', 'b')).toEqual({
      replay: { status: 201, body: { id: 'made' }, headers: { location: '/x' } },
    });
  });
  test('with another body is a conflict, and so is one whose answer was lost', async () => {
    await commit(await claimOf());
    await expect(store().begin(call, 'POST /roles', 'k', 'other')).rejects.toMatchObject({ code: 'conflict' });
    await expect(store().begin(call, 'POST /roles', 'k', 'b')).rejects.toMatchObject({ code: 'conflict' });
  });
  test('belongs to one principal, route and organization', async () => {
    await commit(await claimOf());
    await claimOf({ org: acme, caller: caller(acme, 'user:eve') });
    await claimOf(call, 'k', 'b', 'POST /policies');
    await claimOf({ org: globex, caller: caller(globex) });
  });
  test('is forgotten after 24 hours', async () => {
    await commit(await claimOf());
    nowMs += 24 * 60 * 60_000 + 1_000;
    await claimOf();
  });
  test('keeps nothing where no change was made', async () => {
    await store().keep(call, await claimOf(), { status: 200 });
    await claimOf();
  });
  test.each(['', 'a b', 'ä', 'x'.repeat(256)])('%j is refused', async (key) => {
    await expect(claimOf(call, key)).rejects.toMatchObject({ code: 'validation-failed' });
  });
});
