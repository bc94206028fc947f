// Events older than the index's life are found in the archive: the same filters, order and shape, across the border and page by page.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
let app: ReturnType<typeof auditApp>;
const reader = 'acme/user:reader';
beforeEach(() => {
  audit = auditFixture('old');
  app = auditApp(audit);
  app.grant(reader, 'audit:*:read');
  app.grant('acme/user:supporter', 'audit:support:read');
});
afterEach(() => audit.close());

test('old and recent events make one list, in both orders, whatever the filter', async () => {
  const made: AuditEvent[] = [];
  const spread = (event: AuditEvent, index: number): AuditEvent => {
    const next: AuditEvent = {
      ...event,
      type: index % 2 === 0 ? 'secret.accessed' : 'resource.updated',
      reason: index % 5 === 0 ? 'a needle' : 'hay',
      ...(index % 3 === 0 ? { workspace: 'support' as NonNullable<AuditEvent['workspace']> } : {}),
    };
    made.push(next);
    return next;
  };
  for (let day = 0; day < 6; day += 1) {
    await audit.record(30, spread);
    await audit.drain();
    audit.clock.advance((day === 2 ? 100 : 5) * 24 * 60 * 60_000);
  }
  const all = async (who: string, query: Record<string, string>): Promise<string[]> => {
    const ids: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { status, body } = await app.call(who, 'GET', '/events', {
        query: { limit: '17', ...query, ...(cursor === undefined ? {} : { cursor }) },
      });
      expect(status).toBe(200);
      ids.push(...body.items.filter(({ service }: AuditEvent) => service === 'authz').map(({ id }: AuditEvent) => id));
      cursor = body.nextCursor;
      if (cursor === undefined) return ids;
    }
  };
  const [from = '', to = ''] = [made[20]?.time, made[130]?.time];
  const cases: [Record<string, string>, (event: AuditEvent) => boolean][] = [
    [{}, () => true],
    [{ type: 'secret' }, ({ type }) => type === 'secret.accessed'],
    [{ q: 'needle' }, ({ reason }) => reason === 'a needle'],
    [{ actor: 'user:alice', from, to }, ({ time }) => time >= from && time < to],
    [{ ip: '192.0.2.0/24', workspace: 'support' }, ({ workspace }) => workspace === 'support'],
    [{ actor: 'user:nobody' }, () => false],
    [{ from: '2040-01-01T00:00:00Z', to: '2040-01-06T12:00:00Z' }, ({ time }) => time < '2040-01-06T12'],
  ];
  for (const [query, holds] of cases) {
    const expected = made.filter(holds).map(({ id }) => id);
    expect(await all(reader, { ...query, order: 'oldest' }), JSON.stringify(query)).toEqual(expected);
    expect(await all(reader, { ...query, order: 'newest' }), JSON.stringify(query)).toEqual(expected.toReversed());
  }
  const own = made.filter(({ workspace }) => workspace === 'support').map(({ id }) => id);
  expect(await all('acme/user:supporter', { order: 'oldest' })).toEqual(own);
});
