// The audit log on embedded adapters, with faults that tests inject into any write, and everything that readers can see of it.
import { join } from 'node:path';
import { outboxPartition, outboxShards } from '../../functions/audit/adapters/keys.ts';
import { decodeArchiveLine } from '../../functions/audit/domain/archive-line.ts';
import type { Checkpoint } from '../../functions/audit/domain/checkpoint.ts';
import { linesOf } from '../../functions/audit/domain/delivered-lines.ts';
import { parseEntry } from '../../functions/audit/domain/entry.ts';
import { decodeBundle } from '../../functions/audit/domain/entry-bundle.ts';
import type { AuditEvent } from '../../functions/audit/domain/event.ts';
import { parseVerifierKey } from '../../functions/audit/domain/signed-note.ts';
import { parseTilePath } from '../../functions/audit/domain/tile-path.ts';
import { verifyDelivered } from '../../functions/audit/domain/verify-delivered.ts';
import { type LogSource, verifyLog } from '../../functions/audit/domain/verify-log.ts';
import { auditPipeline, type Pipeline } from '../../functions/audit/pipeline.ts';
import { outboxPut, registerOrganization } from '../../functions/audit/use-cases/commit-change.ts';
import { openEmbeddedPlatform } from '../../functions/shared/embedded/embedded-platform.ts';
import { type OrgId, orgId } from '../../functions/shared/kernel/ids.ts';
import { toTime, uuidv7 } from '../../functions/shared/kernel/world.ts';
import { jsonLog } from '../../functions/shared/observability/log.ts';
import type { Platform } from '../../functions/shared/platform.ts';
import { temporaryFolder, testClock, testRandomness } from './ports.ts';

export const acme: OrgId = orgId.parse('acme');

/** How a write fails: it was not made, it was made and reported as failed, or the process died right after it. */
export type FaultMode = 'not-made' | 'made' | 'died';

class Injected extends Error {}

export interface Faults {
  /** Writes so far. */
  readonly count: () => number;
  /** Lets the write of that number fail, counted from now on. */
  readonly arm: (at: number, mode: FaultMode) => void;
  /** No further faults; a new process. */
  readonly disarm: () => void;
  /** Whether the armed write came. */
  readonly struck: () => boolean;
}

const makeFaults = (): Faults & { wrap: <A extends unknown[], R>(write: (...args: A) => Promise<R>) => (...args: A) => Promise<R> } => {
  let made = 0;
  let armed: { at: number; mode: FaultMode } | undefined;
  let hit = false;
  let dead = false;
  return {
    count: () => made,
    arm: (at, mode) => {
      made = 0;
      hit = false;
      armed = { at, mode };
    },
    disarm: () => {
      armed = undefined;
      dead = false;
    },
    struck: () => hit,
    wrap:
      (write) =>
      async (...args) => {
        if (dead) throw new Injected('the process is dead');
        const strikes = armed?.at === made;
        made += 1;
        if (!strikes) return write(...args);
        hit = true;
        if (armed?.mode === 'not-made') throw new Injected('not made');
        await write(...args);
        dead = armed?.mode === 'died';
        throw new Injected('made, and reported as failed');
      },
  };
};

export interface AuditFixture {
  readonly platform: Platform;
  readonly folder: string;
  readonly clock: ReturnType<typeof testClock>;
  readonly faults: Faults;
  readonly logged: string[];
  /** A pipeline as a new process has it. */
  pipeline(): Pipeline;
  /** @returns the ids of that many events put into the outbox */
  record(count: number, change?: (event: AuditEvent, index: number) => AuditEvent): Promise<string[]>;
  put(event: AuditEvent): Promise<void>;
  event(change?: Partial<AuditEvent>): AuditEvent;
  /** Seals and ships until nothing waits; the clock moves on between seals. */
  drain(pipeline?: Pipeline): Promise<void>;
  source(org?: string): LogSource;
  verify(from?: Checkpoint): Promise<Checkpoint>;
  /** Ids of all entries in the log's order. */
  entryIds(): Promise<string[]>;
  /** Ids in the archive's lines, each once. */
  deliveredIds(): Promise<string[]>;
  outboxRows(): Promise<number>;
  indexedIds(): Promise<string[]>;
  close(): void;
}

export const auditFixture = (seed = 'audit'): AuditFixture => {
  const folder = temporaryFolder();
  const clock = testClock();
  const world = { ...clock, ...testRandomness(seed) };
  const logged: string[] = [];
  const opened = openEmbeddedPlatform({ folder: folder.path, world, log: jsonLog((line) => logged.push(line)) });
  const faults = makeFaults();
  const faulty = <T extends object>(port: T, ...names: (keyof T)[]): T => {
    const wrapped = names.map((name) => [name, faults.wrap((port[name] as (...args: unknown[]) => Promise<unknown>).bind(port))]);
    return { ...port, ...Object.fromEntries(wrapped) };
  };
  const platform: Platform = {
    world,
    log: opened.log,
    table: faulty(opened.table, 'transact'),
    keyTable: faulty(opened.keyTable, 'transact'),
    indexTable: faulty(opened.indexTable, 'transact'),
    keys: faulty(opened.keys, 'sign', 'generateDataKey'),
    archive: faulty(opened.archive, 'putLocked', 'putReplaceable', 'delete'),
    delivery: faulty(opened.delivery, 'deliver'),
  };

  const event = (change: Partial<AuditEvent> = {}): AuditEvent => ({
    id: uuidv7(world),
    time: toTime(clock.nowMs()),
    org: acme,
    type: 'admin.role_changed',
    action: 'create-role',
    actor: { principal: 'user:alice', name: 'Alice Example', email: 'alice@acme.example' },
    resource: { type: 'role', id: 'auditor' },
    outcome: 'success',
    changes: [{ path: '/permissions', after: ['audit:*:read'] }],
    source: { ip: '192.0.2.7', userAgent: 'test/1' },
    requestId: uuidv7(world),
    service: 'authz',
    schemaVersion: 1,
    ...change,
  });

  const put = async (made: AuditEvent): Promise<void> => {
    await registerOrganization(opened.table, made.org);
    await opened.table.transact(made.org, [outboxPut(made)]);
  };

  const paths = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await opened.archive.list(prefix, after);
      found.push(...page.paths);
      if (page.next === undefined) return found;
      after = page.next;
    }
  };

  const source = (org: string = acme): LogSource => ({
    read: (path) => opened.archive.get(`log/${org}/${path}`),
    list: async () => (await paths(`log/${org}/`)).map((path) => path.slice(`log/${org}/`.length)),
  });

  const objects = async function* () {
    for (const path of await paths(`archive/${acme}/`)) yield { path, bytes: (await opened.archive.get(path)) ?? new Uint8Array() };
  };

  return {
    platform,
    folder: folder.path,
    clock,
    faults,
    logged,
    pipeline: () => auditPipeline(platform),
    event,
    put,
    async record(count, change = (made) => made) {
      const made = Array.from({ length: count }, (_, index) => {
        clock.advance(1);
        return change(event(), index);
      });
      await Promise.all(made.map(put));
      return made.map(({ id }) => id);
    },
    async drain(pipeline = auditPipeline(platform)) {
      for (let more = true; more; ) {
        clock.advance(1_000);
        more = (await pipeline.seal(acme)).more;
      }
      while ((await pipeline.ship(acme)).more);
    },
    source,
    async verify(from) {
      const key = parseVerifierKey(
        Buffer.from((await source().read('key')) ?? [])
          .toString()
          .trimEnd(),
      );
      const checkpoint = await verifyLog(source(), { keys: [key], ...(from === undefined ? {} : { from }) });
      await verifyDelivered(source(), checkpoint.size, objects());
      return checkpoint;
    },
    async entryIds() {
      const size = (await this.verify()).size;
      const bundles = ((await source().list()) ?? [])
        .flatMap((path) => {
          const tile = parseTilePath(path);
          return tile?.level === 'entries' ? [{ path, ...tile }] : [];
        })
        .sort((a, b) => a.index - b.index || b.width - a.width)
        .filter((tile, at, all) => all[at - 1]?.index !== tile.index);
      const ids: string[] = [];
      for (const { path } of bundles)
        for (const entry of decodeBundle((await source().read(path)) ?? new Uint8Array())) ids.push(parseEntry(entry).id);
      return ids.slice(0, size);
    },
    async deliveredIds() {
      const ids = new Set<string>();
      for await (const { bytes } of objects())
        for (const line of linesOf(bytes)) ids.add(parseEntry(decodeArchiveLine(line)?.entry ?? line).id);
      return [...ids];
    },
    async outboxRows() {
      let rows = 0;
      for (let shard = 0; shard < outboxShards; shard += 1) {
        rows += (await opened.table.query(acme, { pk: outboxPartition(acme, shard), limit: 1_000 })).items.length;
      }
      return rows;
    },
    async indexedIds() {
      const ids: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await opened.indexTable.query(acme, { pk: `${acme}#events`, limit: 500, ...(after === undefined ? {} : { after }) });
        ids.push(...page.items.map((item) => (item.event as unknown as AuditEvent).id));
        if (page.next === undefined) return ids;
        after = page.next;
      }
    },
    close() {
      opened.close();
      folder.remove();
    },
  };
};

export const bucketOf = (folder: string): string => join(folder, 'bucket');
