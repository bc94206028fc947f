// Searching for words over several blocks of the log: the same as looking at each event, in both orders, page by page, while events arrive.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tableEventIndex } from '../../../functions/audit/adapters/table-event-index.ts';
import type { StoredEvent } from '../../../functions/audit/domain/event.ts';
import { blockEvents } from '../../../functions/audit/domain/word-signature.ts';
import { type AuditFixture, acme, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
beforeEach(() => {
  audit = auditFixture('words');
});
afterEach(() => audit.close());

const names = ['alpha', 'beta', 'gamma', 'delta', 'Épsilon'];

test('finds exactly the events that have the words, wherever their blocks are', async () => {
  const index = tableEventIndex({ indexTable: audit.platform.indexTable, clock: audit.clock });
  const made: StoredEvent[] = [];
  const total = 2 * blockEvents + 700;
  for (let leafIndex = 0; leafIndex < total; leafIndex += 1) {
    audit.clock.advance(1);
    // Some events happened before those that stand before them in the log.
    const early = leafIndex % 97 === 0 ? 5_000 : 0;
    const reason = `${names[leafIndex % names.length]} ${leafIndex % 1_000 === 7 ? 'needle' : 'hay'} n${leafIndex}`;
    const event = audit.event({
      reason,
      time: new Date(audit.clock.nowMs() - early).toISOString(),
      ...(leafIndex % 2 === 0 ? {} : { type: 'secret.accessed' }),
    });
    made.push({ ...event, leafIndex });
  }
  for (let at = 0; at < total; at += 400) await index.put(acme, made.slice(at, at + 400));
  await index.put(acme, made.slice(blockEvents - 50, blockEvents + 50));
  const sorted = made.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time) || a.leafIndex - b.leafIndex);
  const search = async (filter: object, order: 'newest' | 'oldest', limit: number): Promise<number[]> => {
    const found: number[] = [];
    for (let at: string | undefined; ; ) {
      const page = await index.search(acme, { filter, order, limit, allows: () => true, ...(at === undefined ? {} : { at }) });
      found.push(...page.events.map(({ leafIndex }) => leafIndex));
      if (page.next === undefined) return found;
      at = page.next;
    }
  };
  const cases: [object, (event: StoredEvent) => boolean][] = [
    [{ words: ['needle'] }, ({ reason }) => reason?.includes('needle') === true],
    [{ words: ['needle', 'gamma'] }, ({ reason }) => reason?.includes('gamma needle') === true],
    [{ words: ['n4095'] }, ({ leafIndex }) => leafIndex === 4_095],
    [
      { words: ['épsilon', 'hay'], types: ['secret.accessed'] },
      ({ reason, type }) => reason?.startsWith('Épsilon hay') === true && type === 'secret.accessed',
    ],
    [{ words: ['nowhere'] }, () => false],
    [
      { words: ['alpha'], fromMs: Date.parse(sorted[1_000]?.time ?? ''), toMs: Date.parse(sorted[3_000]?.time ?? '') },
      (event) =>
        event.reason?.startsWith('alpha') === true && event.time >= (sorted[1_000]?.time ?? '') && event.time < (sorted[3_000]?.time ?? ''),
    ],
  ];
  for (const [filter, holds] of cases) {
    const expected = sorted.filter(holds).map(({ leafIndex }) => leafIndex);
    expect(await search(filter, 'oldest', 100)).toEqual(expected);
    expect(await search(filter, 'newest', 37)).toEqual(expected.toReversed());
  }
}, 60_000);
