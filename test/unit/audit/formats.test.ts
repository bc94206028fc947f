// Formats of exports: OCSF 1.8 against its schema, CSV against RFC 4180 and against spreadsheets.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvHeader, csvLine, parseCsv } from '../../../functions/audit/domain/csv.ts';
import { eventTypes, type StoredEvent } from '../../../functions/audit/domain/event.ts';
import { asOcsf } from '../../../functions/audit/domain/ocsf.ts';
import { hasOcsfSchema, ocsfValidator } from '../../support/audit-ocsf.ts';

const event: StoredEvent = {
  id: '0198c0de-0000-7000-8000-000000000001',
  time: '2040-01-02T03:04:05.678Z',
  org: 'acme' as StoredEvent['org'],
  workspace: 'support' as NonNullable<StoredEvent['workspace']>,
  type: 'secret.updated',
  action: 'update-secret',
  actor: { principal: 'user:alice', name: 'Alice Example', email: 'alice@acme.example', token: 'tok1', session: 'ses1' },
  resource: { type: 'secret', id: 's1', scope: 'support' },
  outcome: 'success',
  reason: 'because',
  changes: [{ path: '/tags', before: ['a'], after: null }],
  source: { ip: '2001:db8::1', userAgent: 'test/1', client: 'console' },
  details: { name: 'API_KEY', version: 2 },
  requestId: 'r1',
  service: 'vault',
  schemaVersion: 1,
  leafIndex: 7,
};

describe('OCSF', () => {
  const variants = eventTypes.flatMap((type): StoredEvent[] =>
    (['success', 'denied', 'failure'] as const).flatMap((outcome) =>
      (['create-role', 'delete-assignment', 'update-thing'] as const).flatMap((action) =>
        (['assignment', 'member', 'role'] as const).map((kind) => ({ ...event, type, outcome, action, resource: { type: kind, id: 'x' } })),
      ),
    ),
  );

  test.skipIf(!hasOcsfSchema)(
    'is valid for every type, outcome and kind of resource, with the right `type_uid` (needs ../shared/vectors/ocsf)',
    () => {
      const faultsOf = ocsfValidator();
      const seen = new Set<number>();
      for (const each of variants) {
        const mapped = asOcsf(each) as Record<string, unknown>;
        expect([each.type, faultsOf(JSON.parse(JSON.stringify(mapped)))]).toEqual([each.type, []]);
        seen.add(Number(mapped.class_uid));
      }
      expect([...seen].sort()).toEqual([2004, 3001, 3002, 3004, 6003]);
    },
  );

  test.skipIf(!hasOcsfSchema)('is valid for an event with nothing but what it must have', () => {
    const { workspace, reason, changes, details, ...rest } = event;
    const faultsOf = ocsfValidator();
    for (const type of eventTypes) {
      const bare = { ...rest, type, actor: { principal: 'unknown' }, source: {} };
      expect([type, faultsOf(JSON.parse(JSON.stringify(asOcsf(bare))))]).toEqual([type, []]);
    }
  });

  test.skipIf(!hasOcsfSchema)('is not valid once a field is wrong: the validator sees', () => {
    const faultsOf = ocsfValidator();
    const good = JSON.parse(JSON.stringify(asOcsf(event)));
    for (const bad of [
      { type_uid: 1 },
      { severity_id: 7 },
      { time: 'now' },
      { entity: {} },
      { bogus: 1 },
      { metadata: {} },
      { category_uid: 9 },
    ]) {
      expect(faultsOf({ ...good, ...bad })).not.toEqual([]);
    }
  });
});

describe('CSV', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.constantFrom('=1+1', '+1', '-1', '@sum', '\t=1', '\r=1', '\n', '"', ',', 'a"b,c\r\nd', '＝1', '\ud800'),
  );

  test('gives back every cell, whatever is in it, and none that a spreadsheet would run', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (reason, name, path) => {
        const made = { ...event, reason, actor: { ...event.actor, name }, changes: [{ path, after: reason }] };
        const [header = [], record = []] = parseCsv(csvHeader + csvLine(made)) ?? [];
        expect(record).toHaveLength(header.length);
        const cells = Object.fromEntries(header.map((column, index) => [column, record[index] ?? '']));
        for (const [column, text] of [
          ['reason', reason],
          ['name', name],
        ] as const) {
          expect([text.toWellFormed(), `'${text.toWellFormed()}`]).toContain(cells[column]);
        }
        for (const each of record) expect(each).not.toMatch(/^[=+\-@\t\r|%]/);
        expect(JSON.parse(cells.changes ?? '')).toEqual([{ path: path.toWellFormed(), after: reason.toWellFormed() }]);
      }),
    );
  });

  test('is refused where RFC 4180 does not allow it', () => {
    for (const bad of ['a,b\n', 'a"b\r\n', '"a\r\n', 'a,', '"a"b\r\n', 'a']) expect(parseCsv(bad)).toBeUndefined();
    expect(parseCsv('a,"b ""c""",\r\n')).toEqual([['a', 'b "c"', '']]);
  });
});
