// Sorted streams of index rows: partitions, unions of them, and intersections by leaping from one to the other.
import type { Item, Table, Tenant } from '../../shared/ports/table.ts';

/** Rows in one direction of their sort keys. */
export interface Positions {
  /** @returns the row that comes next, undefined behind the last */
  peek(): Promise<Item | undefined>;
  /** Leaves all rows before `position` behind, and it too unless `inclusive`. */
  seek(position: string, inclusive: boolean): Promise<void>;
}

export interface StreamOptions {
  readonly descending: boolean;
  /** Sort keys asked for, both inclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Rows asked for at once. */
  readonly chunk: number;
}

/** @returns whether `a` comes before `b` in that direction */
const comesBefore = (a: string, b: string, descending: boolean): boolean => (descending ? a > b : a < b);

/** @param tally hears how many rows were read */
export const partitionPositions = (
  table: Table,
  tenant: Tenant,
  pk: string,
  { descending, from, to, chunk }: StreamOptions,
  tally: (rows: number) => void,
): Positions => {
  let buffer: readonly Item[] = [];
  let at = 0;
  let start = descending ? to : from;
  let after: string | undefined;
  let ended = false;

  const fill = async (): Promise<void> => {
    while (at >= buffer.length && !ended) {
      const bounds = descending ? { from, to: start } : { from: start, to };
      const range = { ...(bounds.from === undefined ? {} : { from: bounds.from }), ...(bounds.to === undefined ? {} : { to: bounds.to }) };
      const page = await table.query(tenant, { pk, range, limit: chunk, descending, ...(after === undefined ? {} : { after }) });
      tally(page.items.length);
      buffer = page.items;
      at = 0;
      after = page.next;
      ended = page.next === undefined;
    }
  };

  return {
    async peek() {
      await fill();
      return buffer[at];
    },
    async seek(position, inclusive) {
      const passed = ({ sk }: Item): boolean => comesBefore(sk, position, descending) || (!inclusive && sk === position);
      for (let row = buffer[at]; row !== undefined && passed(row); row = buffer[at]) at += 1;
      if (at < buffer.length || ended) return;
      buffer = [];
      at = 0;
      if (start === undefined || comesBefore(start, position, descending)) start = position;
      // The port starts behind `after`, which lies within the range.
      after = inclusive ? undefined : position;
    },
  };
};

/** Every row of any of the streams; rows at one position count once. */
export const unionOf = (streams: readonly Positions[], descending: boolean): Positions => ({
  async peek() {
    const heads = await Promise.all(streams.map((stream) => stream.peek()));
    return heads.reduce(
      (least, head) => (head !== undefined && (least === undefined || comesBefore(head.sk, least.sk, descending)) ? head : least),
      undefined,
    );
  },
  async seek(position, inclusive) {
    await Promise.all(streams.map((stream) => stream.seek(position, inclusive)));
  },
});

/** One leap: either a row that all streams hold, or how far the search is decided. */
export type Leap = { readonly found: Item } | { readonly upTo: string } | 'end';

/** Moves all streams to the furthest of their next rows. */
export const leap = async (streams: readonly Positions[], descending: boolean): Promise<Leap> => {
  const heads = await Promise.all(streams.map((stream) => stream.peek()));
  let furthest: string | undefined;
  for (const head of heads) {
    if (head === undefined) return 'end';
    if (furthest === undefined || comesBefore(furthest, head.sk, descending)) furthest = head.sk;
  }
  const [first] = heads;
  if (furthest === undefined || first === undefined) return 'end';
  if (heads.every((head) => head?.sk === furthest)) return { found: first };
  const target = furthest;
  await Promise.all(streams.map((stream) => stream.seek(target, true)));
  return { upTo: target };
};
