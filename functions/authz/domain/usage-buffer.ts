// Decisions counted in memory until they are written: bounded, and nothing forgotten without a trace.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { lru } from './lru.ts';
import { dayOf, type KeptFacts, type UsageKind, type UsedPermission } from './usage.ts';
import { usageKeyText } from './usage-key.ts';

/** A row's worth of counts that waits to be added to the table. */
export interface PendingUsage {
  readonly org: OrgId;
  readonly day: number;
  readonly principal: Principal;
  readonly key: string;
  readonly hours: Map<number, number>;
  lastMs: number;
}

/** A decision as it is counted. */
export interface CountedDecision {
  readonly org: OrgId;
  readonly principal: Principal;
  readonly permission: UsedPermission;
  readonly allowed: boolean;
  readonly kind: UsageKind;
  readonly facts: KeptFacts;
  readonly hour: number;
  readonly nowMs: number;
}

/** Counts of an organization that found no room, and when. */
export interface LostUsage {
  readonly org: OrgId;
  readonly fromMs: number;
  toMs: number;
}

export interface UsageBuffer {
  /** @returns whether the decision is the first that waits for its organization */
  count(decision: CountedDecision): boolean;
  /** Takes all that waits. */
  take(): { readonly rows: readonly PendingUsage[]; readonly lost: readonly LostUsage[] };
  /** Returns what could not be written. */
  putBack(rows: readonly PendingUsage[], lost: readonly LostUsage[]): void;
  readonly size: number;
}

export interface BufferLimits {
  /** Rows held at once; beyond, what makes a new row is lost, and that is noted. */
  readonly maxRows: number;
  /** Rows a principal makes a day in one process; beyond, its decisions are counted without their permission. */
  readonly maxRowsPerPrincipal: number;
}

const maxPrincipals = 20_000;

export const usageBuffer = ({ maxRows, maxRowsPerPrincipal }: BufferLimits): UsageBuffer => {
  // INVARIANT: neither organizations nor keys hold a line break; days are numbers.
  let rows = new Map<string, PendingUsage>();
  let lost = new Map<OrgId, LostUsage>();
  let waiting = new Set<OrgId>();
  const made = lru<string, { readonly day: number; rows: number }>(maxPrincipals);

  const tooMany = (org: OrgId, principal: Principal, day: number): boolean => {
    const id = `${org}\n${principal}`;
    const known = made.get(id);
    if (known === undefined || known.day !== day) {
      made.set(id, { day, rows: 1 });
      return false;
    }
    if (known.rows >= maxRowsPerPrincipal) return true;
    known.rows += 1;
    return false;
  };

  const lose = (org: OrgId, fromMs: number, toMs: number): void => {
    const known = lost.get(org);
    if (known === undefined) lost.set(org, { org, fromMs, toMs });
    else known.toMs = Math.max(known.toMs, toMs);
  };

  const rowOf = (decision: CountedDecision, day: number): PendingUsage | undefined => {
    const { org, principal } = decision;
    const make = (key: string): PendingUsage | undefined => {
      if (rows.size >= maxRows) return undefined;
      const row: PendingUsage = { org, day, principal, key, hours: new Map(), lastMs: 0 };
      rows.set(`${org}\n${day}\n${key}`, row);
      return row;
    };
    const key = usageKeyText(decision);
    const known = rows.get(`${org}\n${day}\n${key}`);
    if (known !== undefined) return known;
    if (!tooMany(org, principal, day)) return make(key);
    const coarse = usageKeyText({ ...decision, permission: undefined, facts: { attributes: '' } });
    return rows.get(`${org}\n${day}\n${coarse}`) ?? make(coarse);
  };

  return {
    count: (decision) => {
      const { org, hour, nowMs } = decision;
      const row = rowOf(decision, dayOf(nowMs));
      if (row === undefined) {
        lose(org, nowMs, nowMs);
        return false;
      }
      row.hours.set(hour, (row.hours.get(hour) ?? 0) + 1);
      row.lastMs = Math.max(row.lastMs, nowMs);
      if (waiting.has(org)) return false;
      waiting.add(org);
      return true;
    },
    take: () => {
      const taken = { rows: [...rows.values()], lost: [...lost.values()] };
      rows = new Map();
      lost = new Map();
      waiting = new Set();
      return taken;
    },
    putBack: (back, backLost) => {
      for (const row of back) {
        const id = `${row.org}\n${row.day}\n${row.key}`;
        const known = rows.get(id);
        if (known === undefined) {
          // What was there before new rows came keeps its room: at most twice the limit is held.
          rows.set(id, row);
          waiting.add(row.org);
          continue;
        }
        for (const [hour, count] of row.hours) known.hours.set(hour, (known.hours.get(hour) ?? 0) + count);
        known.lastMs = Math.max(known.lastMs, row.lastMs);
      }
      for (const { org, fromMs, toMs } of backLost) lose(org, fromMs, toMs);
    },
    get size() {
      return rows.size;
    },
  };
};
