// The index of words over the table port: signatures of new events in parts, and once a block of the log is whole, a row for each of its bits.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Item, Table, Write } from '../../shared/ports/table.ts';
import type { StoredEvent } from '../domain/event.ts';
import { eventWords } from '../domain/event-filter.ts';
import { bitsOfWord, blockEvents, hasBit, intersectBits, signatureBytes, signatureOf, slicesOf } from '../domain/word-signature.ts';
import {
  indexPosition,
  wordBitKey,
  wordBitPartition,
  wordBlockKey,
  wordBlocksPartition,
  wordOpenKey,
  wordOpenPartition,
  wordPartKey,
  wordPartsPartition,
  wordTimesKey,
} from './keys.ts';
import type { Positions, StreamOptions } from './sorted-positions.ts';

const writesAtOnce = 90;
/** More words than this narrow nothing further; all are checked on what is found. */
const maxWords = 6;

interface Signed {
  readonly leafIndex: number;
  readonly timeMs: number;
  readonly signature: Uint8Array;
}

const numbersOf = (values: readonly number[]): Uint8Array => new Uint8Array(new Float64Array(values).buffer);
const asNumbers = (bytes: unknown): Float64Array =>
  bytes instanceof Uint8Array ? new Float64Array(Uint8Array.from(bytes).buffer) : new Float64Array();

const partOf = (signed: readonly Signed[]) => ({
  leaves: numbersOf(signed.map(({ leafIndex }) => leafIndex)),
  times: numbersOf(signed.map(({ timeMs }) => timeMs)),
  signatures: Uint8Array.from(Buffer.concat(signed.map(({ signature }) => signature))),
});

const signedOf = (item: Item): Signed[] => {
  const times = asNumbers(item.times);
  const signatures = item.signatures instanceof Uint8Array ? item.signatures : new Uint8Array();
  return Array.from(asNumbers(item.leaves), (leafIndex, at) => ({
    leafIndex,
    timeMs: times[at] ?? 0,
    signature: signatures.subarray(at * signatureBytes, (at + 1) * signatureBytes),
  }));
};

const all = async (table: Table, org: OrgId, pk: string, range: { from?: string; to?: string } = {}): Promise<Item[]> => {
  const found: Item[] = [];
  for (let after: string | undefined; ; ) {
    const page = await table.query(org, { pk, range, limit: 1_000, ...(after === undefined ? {} : { after }) });
    found.push(...page.items);
    if (page.next === undefined) return found;
    after = page.next;
  }
};

/** The events of a block whose parts are there, each once, in the order of the log. */
const readParts = async (table: Table, org: OrgId, block: number): Promise<{ signed: Signed[]; keys: Item[] }> => {
  const keys = await all(table, org, wordPartsPartition(org, block));
  const byLeaf = new Map(keys.flatMap(signedOf).map((each) => [each.leafIndex, each]));
  return { signed: [...byLeaf.values()].sort((a, b) => a.leafIndex - b.leafIndex), keys };
};

interface WordIndexParts {
  readonly table: Table;
  readonly transact: (org: OrgId, writes: readonly Write[]) => Promise<void>;
  readonly expiry: () => number;
}

/** @returns a function that takes up the words of events; the same events again change nothing */
export const wordWriter = ({ table, transact, expiry }: WordIndexParts) => {
  const inSteps = async (org: OrgId, writes: readonly Write[]): Promise<void> => {
    for (let at = 0; at < writes.length; at += writesAtOnce) await transact(org, writes.slice(at, at + writesAtOnce));
  };

  // INVARIANT: parts go only after the block's rows are all there: until then, and after it, every event is found in one or the other.
  const close = async (org: OrgId, block: number): Promise<void> => {
    const { signed, keys } = await readParts(table, org, block);
    if (signed.length < blockEvents) return;
    const expiresAtSeconds = expiry();
    const put = (item: Item): Write => ({ kind: 'put', item: { ...item, expiresAtSeconds } });
    const slices = slicesOf(signed.map(({ signature }) => signature));
    await inSteps(
      org,
      [...slices].map(([bit, bits]) => put({ ...wordBitKey(org, bit, block), bits })),
    );
    const times = signed.map(({ timeMs }) => timeMs);
    const positions = signed.map(({ timeMs, leafIndex }) => indexPosition(timeMs, leafIndex)).sort();
    await transact(org, [
      put({ ...wordTimesKey(org, block), times: numbersOf(times) }),
      put({ ...wordBlockKey(org, block), from: positions[0] ?? '', to: positions.at(-1) ?? '' }),
      { kind: 'delete', key: wordOpenKey(org, block) },
    ]);
    await inSteps(
      org,
      keys.map(({ pk, sk }): Write => ({ kind: 'delete', key: { pk, sk } })),
    );
  };

  return async (org: OrgId, events: readonly StoredEvent[]): Promise<void> => {
    const blocks = Map.groupBy(events, ({ leafIndex }) => Math.floor(leafIndex / blockEvents));
    for (const [block, members] of blocks) {
      if ((await table.get(org, wordBlockKey(org, block))) !== undefined) continue;
      const signed = members.map((event) => ({
        leafIndex: event.leafIndex,
        timeMs: Date.parse(event.time),
        signature: signatureOf(eventWords(event)),
      }));
      const expiresAtSeconds = expiry();
      const first = Math.min(...signed.map(({ leafIndex }) => leafIndex));
      await transact(org, [
        { kind: 'put', item: { ...wordPartKey(org, block, first, signed.length), ...partOf(signed), expiresAtSeconds } },
        { kind: 'put', item: { ...wordOpenKey(org, block), expiresAtSeconds } },
      ]);
      const last = (block + 1) * blockEvents - 1;
      if (signed.some(({ leafIndex }) => leafIndex === last)) {
        if (block > 0) await close(org, block - 1);
        await close(org, block);
      }
    }
  };
};

interface Block {
  readonly from: string;
  readonly to: string;
  /** Positions of the events that may have all words. */
  readonly candidates: () => Promise<string[]>;
}

const openBlocks = async (table: Table, org: OrgId, bits: readonly number[]): Promise<Block[]> => {
  const blocks: Block[] = [];
  for (const { sk } of await all(table, org, wordOpenPartition(org))) {
    const { signed } = await readParts(table, org, Number(sk));
    const positions = signed
      .filter(({ signature }) => bits.every((bit) => hasBit(signature, bit)))
      .map(({ timeMs, leafIndex }) => indexPosition(timeMs, leafIndex))
      .sort();
    const [from] = positions;
    if (from !== undefined) blocks.push({ from, to: positions.at(-1) ?? from, candidates: async () => positions });
  }
  return blocks;
};

const closedBlocks = async (
  table: Table,
  org: OrgId,
  bits: readonly number[],
  { from, to }: Pick<StreamOptions, 'from' | 'to'>,
): Promise<Block[]> => {
  const rows = (await all(table, org, wordBlocksPartition(org))).filter(
    (row) => (from === undefined || String(row.to) >= from) && (to === undefined || String(row.from) <= to),
  );
  const [first, last] = [rows[0]?.sk, rows.at(-1)?.sk];
  if (first === undefined || last === undefined) return [];
  let kept: Map<string, Uint8Array> | undefined;
  for (const bit of bits) {
    const slices = await all(table, org, wordBitPartition(org, bit), { from: first, to: last });
    const next = new Map<string, Uint8Array>();
    for (const { sk, bits: slice } of slices) {
      const before = kept?.get(sk);
      if (!(slice instanceof Uint8Array) || (kept !== undefined && before === undefined)) continue;
      const both = Uint8Array.from(slice);
      if (before !== undefined) intersectBits(both, before);
      if (both.some((byte) => byte !== 0)) next.set(sk, both);
    }
    kept = next;
  }
  return rows.flatMap((row): Block[] => {
    const found = kept?.get(row.sk);
    if (found === undefined) return [];
    const block = Number(row.sk);
    const candidates = async (): Promise<string[]> => {
      const times = asNumbers((await table.get(org, wordTimesKey(org, block)))?.times);
      const positions: string[] = [];
      for (let at = 0; at < blockEvents; at += 1)
        if (hasBit(found, at)) positions.push(indexPosition(times[at] ?? 0, block * blockEvents + at));
      return positions.sort();
    };
    return [{ from: String(row.from), to: String(row.to), candidates }];
  });
};

/** @returns the places of all events that may have these words, in order; whoever fetches one checks it */
export const wordPositions = (table: Table, org: OrgId, words: readonly string[], options: Omit<StreamOptions, 'chunk'>): Positions => {
  const { descending, from, to } = options;
  const before = (a: string, b: string): boolean => (descending ? a > b : a < b);
  let blocks: Block[] | undefined;
  let pending: string[] = [];
  let passed: { position: string; inclusive: boolean } | undefined;

  const isPassed = (position: string): boolean =>
    passed !== undefined && (before(position, passed.position) || (!passed.inclusive && position === passed.position));

  const isAsked = (position: string): boolean =>
    !isPassed(position) && (from === undefined || position >= from) && (to === undefined || position <= to);

  const firstOf = (block: Block): string => (descending ? block.to : block.from);
  const lastOf = (block: Block): string => (descending ? block.from : block.to);

  const load = async (): Promise<Block[]> => {
    const bits = [...new Set(words.slice(0, maxWords).flatMap(bitsOfWord))];
    // Open blocks first: one that is closed between the two looks is seen twice, never not at all.
    const found = [...(await openBlocks(table, org, bits)), ...(await closedBlocks(table, org, bits, options))];
    return found.sort((a, b) => (before(firstOf(a), firstOf(b)) ? -1 : 1));
  };

  return {
    async peek() {
      blocks ??= await load();
      for (;;) {
        while (pending[0] !== undefined && !isAsked(pending[0])) pending.shift();
        const [next] = blocks;
        const [head] = pending;
        // INVARIANT: a place is given out only when no block that is still closed could hold one before it.
        if (head !== undefined && (next === undefined || before(head, firstOf(next)))) return { pk: '', sk: head };
        if (next === undefined) return undefined;
        blocks.shift();
        if (isPassed(lastOf(next))) continue;
        const fresh = (await next.candidates()).filter(isAsked);
        pending = [...new Set([...pending, ...fresh])].sort((a, b) => (before(a, b) ? -1 : 1));
      }
    },
    async seek(position, inclusive) {
      if (passed === undefined || before(passed.position, position) || (passed.position === position && !inclusive))
        passed = { position, inclusive };
    },
  };
};
