// Counts decisions in memory and writes them in batches, off the way of the requests that they were made for.
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import type { Holder } from '../domain/holder.ts';
import { permissionNumber } from '../domain/permission-numbers.ts';
import { factsOf, hourOf, type KeptFacts, type UsageKind } from '../domain/usage.ts';
import { type BufferLimits, type LostUsage, type PendingUsage, usageBuffer } from '../domain/usage-buffer.ts';
import type { UsageStore } from '../ports.ts';

/** Counts one decision; @param added what the decision's item added to the inputs */
export type CountDecision = (resource: Resource, at: Scope, action: Action, allowed: boolean, added?: DecisionInputs) => void;

export interface UsageRecorder {
  /** @returns a counter of decisions about one principal with the same inputs */
  watch(org: OrgId, holder: Holder, inputs: DecisionInputs, kind: UsageKind): CountDecision;
  /** Writes all that was counted before the call. @throws whatever the table throws; what was not written stays counted */
  flush(): Promise<void>;
  /** Names this recorder's notes. */
  readonly id: string;
}

/** Runs something later, without keeping the process alive for it. */
export type Later = (run: () => void, delayMs: number) => void;

/** Counts wait at most so long; also the least time between two writes that nothing forces. */
const gatherMs = 5_000;
const retryMs = 10_000;
/** Rows at which counts are written at once. */
const writeEarlyAt = 5_000;
const limits: BufferLimits = { maxRows: 20_000, maxRowsPerPrincipal: 5_000 };
/** Small transactions meet others' less often. */
const rowsPerTransaction = 25;

const processLater: Later = (run, delayMs) => {
  if (delayMs <= 0) setImmediate(run);
  else setTimeout(run, delayMs).unref();
};

/** @returns the facts with what an item adds: its environment, as a rule */
const factsWith = (facts: KeptFacts, holder: Holder, inputs: DecisionInputs, added: DecisionInputs): KeptFacts => {
  const { environment, mfa, ip, attributes } = added;
  if (mfa !== undefined || ip !== undefined || attributes !== undefined) return factsOf(holder, { ...inputs, ...added });
  return environment === undefined ? facts : { ...facts, environment };
};

export interface RecorderOptions {
  readonly store: UsageStore;
  readonly world: World;
  /** Told of what failed, and is tried again. */
  readonly warn?: (message: string, error: unknown) => void;
  readonly later?: Later;
  readonly bounds?: BufferLimits & { readonly writeEarlyAt: number };
}

export const usageRecorder = ({
  store,
  world,
  warn,
  later = processLater,
  bounds = { ...limits, writeEarlyAt },
}: RecorderOptions): UsageRecorder => {
  const id = newId(world);
  const buffer = usageBuffer(bounds);
  const begun = new Set<OrgId>();
  /** Organizations that a note of waiting counts stands for, and the note's write. */
  const noted = new Map<OrgId, Promise<void>>();
  let lastWriteMs = Number.NEGATIVE_INFINITY;
  let scheduled = false;
  let writing: Promise<void> = Promise.resolve();

  const failed = (error: unknown): void => warn?.('usage was not written; it is tried again', error);

  const writeRows = async (org: OrgId, rows: readonly PendingUsage[]): Promise<void> => {
    let written = 0;
    try {
      if (rows.length > 0 && !begun.has(org)) {
        await store.noteStart(org, Math.min(...rows.map(({ lastMs }) => lastMs)));
        begun.add(org);
      }
      for (; written < rows.length; written += rowsPerTransaction) {
        await store.add(org, rows.slice(written, written + rowsPerTransaction));
      }
    } catch (error) {
      buffer.putBack(rows.slice(written), []);
      throw error;
    }
  };

  const writeLost = async (org: OrgId, lost: readonly LostUsage[]): Promise<void> => {
    try {
      for (const { fromMs, toMs } of lost) await store.noteLost(org, id, { fromMs, toMs: toMs + 1 });
    } catch (error) {
      buffer.putBack([], lost);
      throw error;
    }
  };

  const settleNote = async (org: OrgId): Promise<void> => {
    const note = noted.get(org);
    if (note === undefined) return;
    await note;
    await store.noteWritten(org, id);
    noted.delete(org);
  };

  const write = async (): Promise<void> => {
    lastWriteMs = world.nowMs();
    const { rows, lost } = buffer.take();
    const rowsOf = Map.groupBy(rows, ({ org }) => org);
    const failures: unknown[] = [];
    const attempt = (step: Promise<void>): Promise<unknown> => step.catch((error: unknown) => failures.push(error));
    for (const org of new Set([...rowsOf.keys(), ...lost.map((each) => each.org), ...noted.keys()])) {
      const before = failures.length;
      const lostHere = lost.filter((each) => each.org === org);
      await attempt(writeRows(org, rowsOf.get(org) ?? []));
      await attempt(writeLost(org, lostHere));
      if (failures.length === before) await attempt(settleNote(org));
    }
    if (failures.length > 0) throw failures[0];
  };

  const flush = (): Promise<void> => {
    // INVARIANT: one write at a time, so that what a failed one returns is seen by the next.
    const next = writing.then(write);
    writing = next.catch(() => undefined);
    return next;
  };

  const schedule = (delayMs: number): void => {
    if (scheduled) return;
    scheduled = true;
    later(() => {
      scheduled = false;
      flush().catch((error: unknown) => {
        failed(error);
        schedule(retryMs);
      });
    }, delayMs);
  };

  let early = false;
  const writeEarly = (): void => {
    if (early) return;
    early = true;
    const again = (): void => {
      early = false;
    };
    flush().then(again, (error: unknown) => {
      failed(error);
      schedule(retryMs);
      later(again, retryMs);
    });
  };

  const wake = (org: OrgId, isFirst: boolean, nowMs: number): void => {
    if (buffer.size >= bounds.writeEarlyAt) writeEarly();
    if (!isFirst) return;
    const delayMs = Math.max(0, lastWriteMs + gatherMs - nowMs);
    schedule(delayMs);
    if (delayMs === 0 || noted.has(org)) return;
    // Tells, if this process is killed before it writes, that counts were lost then.
    noted.set(
      org,
      store.noteWaiting(org, id, nowMs).catch((error: unknown) => warn?.('waiting usage was not noted', error)),
    );
  };

  return {
    id,
    watch: (org, holder, inputs, kind) => {
      let facts: KeptFacts | undefined;
      return (resource, at, action, allowed, added) => {
        const number = permissionNumber(resource, action);
        if (number === undefined) return;
        const nowMs = world.nowMs();
        facts ??= factsOf(holder, inputs);
        const isFirst = buffer.count({
          org,
          principal: holder.principal,
          permission: { number, scope: at },
          allowed,
          kind,
          facts: added === undefined ? facts : factsWith(facts, holder, inputs, added),
          hour: hourOf(added?.timeMs ?? inputs.timeMs, nowMs),
          nowMs,
        });
        wake(org, isFirst, nowMs);
      };
    },
    flush,
  };
};
