// Seals an organization's waiting events into its log: entries, tiles, and a head that moves by compare-and-swap.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { World } from '../../shared/kernel/world.ts';
import { cutValues, sealValue } from '../domain/cut-values.ts';
import { EntryRefused, encodeEntry, entryRandomBytes, monthOf, targetOf } from '../domain/entry.ts';
import { decodeBundle, encodeBundle } from '../domain/entry-bundle.ts';
import { type AuditEvent, auditEvent } from '../domain/event.ts';
import { fitEvent } from '../domain/fit-event.ts';
import { hashBytes, leafHash, tileWidth } from '../domain/merkle-hash.ts';
import { appendLeaves, compactRange, edgeTiles, rootOfRange, type TreeEdge } from '../domain/merkle-tree.ts';
import { encodeStaging, type StagedFile, stagingDigest, stagingPath } from '../domain/staging-bundle.ts';
import { isPrincipal } from '../domain/subject.ts';
import { tilePath } from '../domain/tile-path.ts';
import type { KeyRing, LogHead, PendingRow } from '../ports.ts';
import { removeFiles, tidyLog, type WriteSealDependencies, writeSeal } from './write-seal.ts';

export interface SealDependencies extends WriteSealDependencies {
  readonly world: World;
  readonly keyRing: KeyRing;
  /** @returns the name of an organization's log, fixed when the log begins */
  readonly originOf: (org: OrgId) => Promise<string>;
  /** How many days full tiles and bundles of an organization stay locked. */
  readonly retentionDaysOf: (org: OrgId) => Promise<number>;
}

export interface SealResult {
  readonly sealed: number;
  /** Whether events still wait. */
  readonly more: boolean;
  /** The clock did not advance since the last seal: nothing is sealed until it does. */
  readonly stopped?: 'clock';
}

/** One seal takes this much, so that no organization's flood keeps others waiting. */
const maxBatchEvents = 2_048;
const maxBatchBytes = 4 * 1024 * 1024;
const dayMs = 24 * 60 * 60_000;

const emptyHead = (origin: string): LogHead => ({
  version: 0,
  origin,
  size: 0,
  root: rootOfRange([]),
  range: [],
  timeMs: 0,
  checkpointSize: 0,
});

interface Batch {
  readonly ids: readonly string[];
  readonly entries: readonly Uint8Array[];
  /** Rows that the batch had no room for. */
  readonly left: boolean;
}

const checkedEvent = (org: OrgId, row: PendingRow): AuditEvent => {
  const { data } = auditEvent.safeParse(row.event);
  if (data === undefined) throw new EntryRefused('the row holds no event');
  if (data.org !== org || data.id !== row.id) throw new EntryRefused('the event is not the one that its row names');
  return data;
};

const entryOf = async (dependencies: SealDependencies, org: OrgId, row: PendingRow): Promise<Buffer> => {
  const { keyRing, world, files } = dependencies;
  const whole = checkedEvent(org, row);
  const event = fitEvent(whole);
  const { principal } = event.actor;
  const target = targetOf(event);
  const [address, body, actor, targetKey] = await Promise.all([
    keyRing.month(org, monthOf(event)),
    keyRing.workspace(org, event.workspace),
    isPrincipal(principal) ? keyRing.subject(org, principal) : keyRing.month(org, monthOf(event)),
    target === undefined ? undefined : isPrincipal(target) ? keyRing.subject(org, target) : keyRing.month(org, monthOf(event)),
  ]);
  const values = cutValues(whole, event).map((text) => sealValue(body, org, text));
  const keys = { actor, address, body, ...(targetKey === undefined ? {} : { target: targetKey }) };
  const entry = encodeEntry(
    event,
    keys,
    world.bytes(entryRandomBytes),
    values.map(({ sha256 }) => sha256),
  );
  // INVARIANT: a value's object is durable before any head holds the entry that names it.
  if (values.length > 0) {
    const retainUntilMs = world.nowMs() + (await dependencies.retentionDaysOf(org)) * dayMs;
    for (const { path, bytes } of values) await files.writeLocked(org, path, bytes, retainUntilMs);
  }
  return entry;
};

/** Encrypts rows into entries; one that can never become an entry is set aside and blocks no other. */
const makeBatch = async (dependencies: SealDependencies, org: OrgId, rows: readonly PendingRow[]): Promise<Batch> => {
  const ids: string[] = [];
  const entries: Uint8Array[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (bytes >= maxBatchBytes) return { ids, entries, left: true };
    try {
      const entry = await entryOf(dependencies, org, row);
      ids.push(row.id);
      entries.push(entry);
      bytes += entry.length;
    } catch (error) {
      if (!(error instanceof EntryRefused)) throw error;
      await dependencies.outbox.setAside(org, row, error.message);
      dependencies.log.error('an event was set aside: it cannot be sealed', { org, error });
    }
  }
  return { ids, entries, left: false };
};

/** The log's right edge as its files have it. @throws Error unless they are what the head says */
const readEdge = async ({ files }: SealDependencies, org: OrgId, head: LogHead): Promise<{ edge: TreeEdge; entries: Uint8Array[] }> => {
  const levels: Uint8Array[] = [];
  for (const tile of edgeTiles(head.size)) {
    const bytes = await files.read(org, tilePath(tile));
    if (bytes?.length !== tile.width * hashBytes) throw new Error('a tile at the edge of a log is missing or damaged');
    levels[tile.level] = bytes;
  }
  const edge = { size: head.size, levels: Array.from(levels, (level) => level ?? new Uint8Array()) };
  const width = head.size % tileWidth;
  const bundle =
    width === 0 ? new Uint8Array() : await files.read(org, tilePath({ level: 'entries', index: Math.floor(head.size / tileWidth), width }));
  const entries = decodeBundle(bundle ?? new Uint8Array());
  const range = compactRange(edge);
  const isHead = range.length === head.range.length && range.every((hash, index) => Buffer.compare(hash, head.range[index] ?? hash) === 0);
  const leaves = Buffer.concat(entries.map((entry) => leafHash(entry)));
  if (!isHead || Buffer.compare(rootOfRange(range), head.root) !== 0 || !leaves.equals(edge.levels[0] ?? new Uint8Array())) {
    throw new Error('the files of a log are not those that its head was made from');
  }
  return { edge, entries };
};

/** Entry bundles from the one at the edge on. */
const bundlesOf = (size: number, entries: readonly Uint8Array[]): StagedFile[] => {
  const first = Math.floor(size / tileWidth);
  return Array.from({ length: Math.ceil(entries.length / tileWidth) }, (_, step) => {
    const members = entries.slice(step * tileWidth, (step + 1) * tileWidth);
    const path = tilePath({ level: 'entries', index: first + step, width: members.length });
    return { path, locked: members.length === tileWidth, bytes: encodeBundle(members) };
  });
};

/** @returns a function that seals one batch of an organization's events; two at once, or a crash at any point, leave each event in the log exactly once */
export const sealLog = (dependencies: SealDependencies) => {
  const { heads, outbox, files, world, log } = dependencies;
  const tidied = new Set<OrgId>();

  /** The head with nothing owed: what a crash left undone is done first. */
  const settledHead = async (org: OrgId): Promise<LogHead | undefined> => {
    for (;;) {
      const head = await heads.read(org);
      if (head?.staging === undefined) {
        if (head !== undefined && !tidied.has(org)) {
          await tidyLog(dependencies, org, head);
          tidied.add(org);
        }
        return head;
      }
      await writeSeal(dependencies, org, head);
    }
  };

  return async (org: OrgId): Promise<SealResult> => {
    // INVARIANT: the head is read before the rows: a row sealed by somebody else meanwhile means that the head has moved, and the swap fails.
    const standing = await settledHead(org);
    const { rows, more } = await outbox.pending(org, maxBatchEvents);
    if (rows.length === 0) return { sealed: 0, more: false };
    const head = standing ?? emptyHead(await dependencies.originOf(org));
    const timeMs = world.nowMs();
    if (timeMs <= head.timeMs) {
      log.error('sealing waits: the clock has not advanced since the last seal', { org });
      return { sealed: 0, more: true, stopped: 'clock' };
    }
    const batch = await makeBatch(dependencies, org, rows);
    if (batch.ids.length === 0) return { sealed: 0, more };
    const before = await readEdge(dependencies, org, head);
    const { edge, tiles } = appendLeaves(before.edge, Buffer.concat(batch.entries.map((entry) => leafHash(entry))));
    const range = compactRange(edge);
    const bundle = {
      files: [
        ...tiles.map((tile): StagedFile => ({ path: tilePath(tile), locked: tile.width === tileWidth, bytes: tile.bytes })),
        ...bundlesOf(head.size, [...before.entries, ...batch.entries]),
      ],
      retainUntilMs: timeMs + (await dependencies.retentionDaysOf(org)) * dayMs,
      firstLeaf: head.size,
      ids: batch.ids,
    };
    const bytes = encodeStaging(bundle);
    const staging = stagingPath(head.version, stagingDigest(bytes));
    await files.writeReplaceable(org, staging, bytes);
    const next: LogHead = { ...head, version: head.version + 1, size: edge.size, root: rootOfRange(range), range, timeMs, staging };
    if (!(await heads.move(org, next, standing?.version))) {
      // INVARIANT: another head took this one's place for good, so no head will ever name this bundle.
      await removeFiles(dependencies, org, [staging]);
      return { sealed: 0, more: true };
    }
    await writeSeal(dependencies, org, next, bundle);
    return { sealed: batch.ids.length, more: more || batch.left };
  };
};
