// The audit log's numbers: sealing and verifying by the CPU-second, searching and exporting a full index, and the way of an event under faults.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { outboxPartition } from '../functions/audit/adapters/keys.ts';
import { tableEventIndex } from '../functions/audit/adapters/table-event-index.ts';
import { tableExportJobs } from '../functions/audit/adapters/table-export-jobs.ts';
import { signCheckpoint } from '../functions/audit/domain/checkpoint.ts';
import { encodeBundle } from '../functions/audit/domain/entry-bundle.ts';
import { eventTypes, type StoredEvent } from '../functions/audit/domain/event.ts';
import type { EventFilter } from '../functions/audit/domain/event-filter.ts';
import { leafHash, tileWidth } from '../functions/audit/domain/merkle-hash.ts';
import { appendLeaves, compactRange, emptyEdge, rootOfRange } from '../functions/audit/domain/merkle-tree.ts';
import { formatVerifierKey, parseVerifierKey } from '../functions/audit/domain/signed-note.ts';
import { tilePath } from '../functions/audit/domain/tile-path.ts';
import { verifyLog } from '../functions/audit/domain/verify-log.ts';
import { exportWorker } from '../functions/audit/exports.ts';
import { auditPipeline } from '../functions/audit/pipeline.ts';
import { outboxPut, registerOrganization } from '../functions/audit/use-cases/commit-change.ts';
import { openEmbeddedPlatform } from '../functions/shared/embedded/embedded-platform.ts';
import { orgId } from '../functions/shared/kernel/ids.ts';
import { principal } from '../functions/shared/kernel/principal.ts';
import { newId, realWorld, toTime, uuidv7 } from '../functions/shared/kernel/world.ts';
import { jsonLog } from '../functions/shared/observability/log.ts';
import type { Platform } from '../functions/shared/platform.ts';
import { type Bench, quantile, table } from './report.ts';

const org = orgId.parse('acme');
/** Events of the index, of the export and of the hashing; smaller for a quick look. */
const full = Number(env.AUDIT_BENCH_EVENTS ?? 1_000_000);
const quiet = jsonLog(() => undefined);

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const perSecond = (count: number, seconds: number): string => Math.round(count / seconds).toLocaleString('en');
const rssMegabytes = (): number => Math.round(process.memoryUsage().rss / 1e6);

const inFolder = async <T>(run: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Seals and verifies `count` entries of 500 bytes, a batch at a time, keeping of the log what its reader asks for next. */
const hashing = async (count: number): Promise<string[]> =>
  inFolder(async (folder) => {
    const { keys, close } = openEmbeddedPlatform({ folder, world: realWorld, log: quiet });
    const publicKey = await keys.publicKey();
    const origin = 'bench/acme';
    const key = parseVerifierKey(formatVerifierKey({ name: origin, publicKey }));
    const content = Buffer.from(realWorld.bytes(500));
    const entryAt = (leaf: number): Buffer => {
      const entry = Buffer.from(content);
      entry.writeDoubleBE(leaf, 0);
      return entry;
    };
    const batch = 2_048;
    let edge = emptyEdge;
    let checkpoint = '';
    const tiles = new Map<string, Uint8Array>();
    let spent = 0;
    let most = 0;
    for (let at = 0; at < count; at += batch) {
      const entries = Array.from({ length: Math.min(batch, count - at) }, (_, step) => entryAt(at + step));
      const before = cpuSeconds();
      const appended = appendLeaves(edge, Buffer.concat(entries.map((entry) => leafHash(entry))));
      edge = appended.edge;
      for (let first = 0; first < entries.length; first += tileWidth) encodeBundle(entries.slice(first, first + tileWidth));
      checkpoint = await signCheckpoint({ origin, size: edge.size, root: rootOfRange(compactRange(edge)) }, publicKey, (message) =>
        keys.sign(message),
      );
      spent += cpuSeconds() - before;
      // Level 0 is made anew for the reader, so that memory tells of the log's own work.
      for (const tile of appended.tiles) if (tile.level > 0) tiles.set(tilePath(tile), Uint8Array.from(tile.bytes));
      most = Math.max(most, rssMegabytes());
    }
    const sealRss = most;
    most = 0;
    let making = 0;
    const verifyBefore = cpuSeconds();
    await verifyLog(
      {
        list: async () => undefined,
        read: async (path) => {
          if (path === 'checkpoint') return Buffer.from(checkpoint);
          const [, level = '', place = ''] = /^tile\/(0|entries)\/([x/\d]+)/.exec(path) ?? [];
          if (level === '') return tiles.get(path);
          const start = cpuSeconds();
          const index = Number(place.replaceAll(/[x/]/g, ''));
          const entries = Array.from({ length: Math.min(tileWidth, count - index * tileWidth) }, (_, step) =>
            entryAt(index * tileWidth + step),
          );
          const bundle = level === '0' ? Buffer.concat(entries.map((entry) => leafHash(entry))) : encodeBundle(entries);
          making += cpuSeconds() - start;
          return bundle;
        },
      },
      {
        keys: [key],
        onProgress: () => {
          most = Math.max(most, rssMegabytes());
        },
      },
    );
    const verifying = cpuSeconds() - verifyBefore - making;
    close();
    return [count.toLocaleString('en'), perSecond(count, spent), perSecond(count, verifying), `${sealRss} / ${most} MB`];
  });

const made = (leafIndex: number, startMs: number): StoredEvent => {
  const type = eventTypes[leafIndex % eventTypes.length] ?? 'auth.login';
  const timeMs = startMs + leafIndex;
  return {
    id: uuidv7({ ...realWorld, nowMs: () => timeMs }),
    time: toTime(timeMs),
    org,
    type,
    action: 'do-something',
    ...(leafIndex % 3 === 0 ? {} : { workspace: (leafIndex % 3 === 1 ? 'support' : 'research') as NonNullable<StoredEvent['workspace']> }),
    actor: { principal: `user:u${leafIndex % 500}`, name: `Person Number${leafIndex % 500}`, email: `u${leafIndex % 500}@acme.example` },
    resource: { type: `kind${leafIndex % 20}`, id: `r${leafIndex % 5_000}` },
    outcome: leafIndex % 50 === 0 ? 'denied' : 'success',
    reason: `because of ${leafIndex % 9_973 === 17 ? 'a needle' : 'hay'} n${leafIndex}`,
    source: { ip: `10.${leafIndex % 40}.${leafIndex % 200}.${leafIndex % 250}`, userAgent: 'bench/1' },
    requestId: `request-${leafIndex}`,
    service: 'bench',
    schemaVersion: 1,
    leafIndex,
  };
};

const timed = async (run: () => Promise<unknown>, times: number): Promise<string> => {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const start = performance.now();
    await run();
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  return `${quantile(took, 0.5).toFixed(1)} / ${(took.at(-1) ?? 0).toFixed(1)} ms`;
};

const searching = async (count: number): Promise<string[][]> =>
  inFolder(async (folder) => {
    const platform = openEmbeddedPlatform({ folder, world: realWorld, log: quiet });
    const index = tableEventIndex({ indexTable: platform.indexTable, clock: realWorld });
    const startMs = realWorld.nowMs() - count - 1_000;
    const loadStart = performance.now();
    for (let at = 0; at < count; at += 2_048) {
      await index.put(
        org,
        Array.from({ length: Math.min(2_048, count - at) }, (_, step) => made(at + step, startMs)),
      );
    }
    const rows: string[][] = [['indexing', `${perSecond(count, (performance.now() - loadStart) / 1_000)} events a second`]];
    const span = { fromMs: startMs + Math.floor(count / 10), toMs: startMs + Math.floor(count * 0.9) };
    const filters: [string, EventFilter][] = [
      ['type', { types: ['secret.accessed'] }],
      ['actor', { actor: 'user:u17' }],
      ['resourceType', { resourceType: 'kind7' }],
      ['resource', { resource: 'r4711' }],
      ['workspace', { workspace: 'support' }],
      ['outcome', { outcome: 'denied' }],
      ['ip', { ip: { address: Uint8Array.of(10, 7, 0, 0), prefixBits: 16 } }],
      ['requestId', { requestId: `request-${Math.floor(count / 2)}` }],
      ['time range alone', {}],
      ['q, rare word', { words: ['needle'] }],
      ['q, one event', { words: [`n${Math.floor(count / 2)}`] }],
      ['q, no event', { words: ['nowhere'] }],
      ['q, common word', { words: ['hay'] }],
      ['q, two words', { words: ['number17', 'needle'] }],
    ];
    const ask = (filter: EventFilter, at?: string) =>
      index.search(org, {
        filter: { ...filter, ...span },
        order: 'newest',
        limit: 50,
        allows: () => true,
        ...(at === undefined ? {} : { at }),
      });
    for (const [name, filter] of filters) rows.push([name, await timed(() => ask(filter), 15)]);
    let at = (await ask({})).next;
    for (let page = 2; page < Math.min(1_000, Math.floor((count * 0.8) / 50)) && at !== undefined; page += 1) at = (await ask({}, at)).next;
    const deep = at;
    rows.push(['page 1', await timed(() => ask({}), 15)], ['page 1,000', await timed(() => ask({}, deep), 15)]);
    platform.close();
    return rows;
  });

/** Puts events through the whole pipeline, `fault` deciding which write fails. */
const through = async (platform: Platform, count: number, startMs: number): Promise<string[]> => {
  await registerOrganization(platform.table, org);
  const ids: string[] = [];
  for (let at = 0; at < count; at += 90) {
    const writes = Array.from({ length: Math.min(90, count - at) }, (_, step) => {
      const { leafIndex: _leaf, ...event } = made(at + step, startMs);
      ids.push(event.id);
      return outboxPut(event);
    });
    await platform.table.transact(org, writes);
  }
  return ids;
};

const exporting = async (count: number): Promise<string[]> =>
  inFolder(async (folder) => {
    const platform = openEmbeddedPlatform({ folder, world: realWorld, log: quiet });
    await through(platform, count, realWorld.nowMs() - count - 1_000);
    const pipeline = auditPipeline(platform);
    const drain = async (): Promise<void> => {
      for (let more = true; more; ) {
        const { more: left, stopped } = await pipeline.seal(org);
        more = left;
        if (stopped !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      while ((await pipeline.ship(org)).more);
    };
    const drainStart = performance.now();
    await drain();
    const drained = perSecond(count, (performance.now() - drainStart) / 1_000);
    const jobs = tableExportJobs({ table: platform.table });
    const id = newId(realWorld);
    await platform.table.transact(org, [
      jobs.put(
        org,
        {
          id,
          version: 1,
          format: 'jsonl',
          filter: {},
          status: 'queued',
          createdAtMs: realWorld.nowMs(),
          createdBy: principal.parse('user:ada'),
          source: {},
          requestId: 'bench',
          done: 0,
          phase: 'events',
          files: [],
        },
        undefined,
      ),
    ]);
    const allowed = { allowed: true, reason: '', matched: [] };
    const worker = exportWorker(platform, async () => ({
      version: 1,
      decide: () => allowed,
      reaches: () => true,
      holdsSomewhere: () => true,
    }));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, rssMegabytes());
    }, 50);
    const start = performance.now();
    await worker.run();
    const seconds = (performance.now() - start) / 1_000;
    await drain();
    await worker.run();
    clearInterval(watch);
    const job = await jobs.read(org, id);
    if (job?.status !== 'done' || job.done !== count) throw new Error('the export is not whole');
    platform.close();
    return [count.toLocaleString('en'), drained, perSecond(count, seconds), `${most} MB`];
  });

const latency = async (seconds: number): Promise<string[]> =>
  inFolder(async (folder) => {
    const platform = openEmbeddedPlatform({ folder, world: realWorld, log: quiet });
    const pipeline = auditPipeline(platform);
    await registerOrganization(platform.table, org);
    const answered = new Map<string, number>();
    const took: number[] = [];
    let over = false;
    const sealing = (async () => {
      while (!over || answered.size > 0) {
        const waiting = [...answered.keys()];
        await pipeline.seal(org);
        const now = performance.now();
        const still = new Set<string>();
        for (let shard = 0; shard < 16; shard += 1) {
          const { items } = await platform.table.query(org, {
            pk: outboxPartition(org, shard),
            range: { prefix: 'pending#' },
            limit: 1_000,
          });
          for (const { sk } of items) still.add(sk.slice('pending#'.length));
        }
        for (const id of waiting) {
          if (still.has(id)) continue;
          took.push(now - (answered.get(id) ?? now));
          answered.delete(id);
        }
        await pipeline.ship(org);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    })();
    for (let at = 0; at < seconds * 200; at += 1) {
      const { leafIndex: _, ...event } = made(at, realWorld.nowMs() - at);
      await platform.table.transact(org, [outboxPut(event)]);
      answered.set(event.id, performance.now());
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    over = true;
    await sealing;
    platform.close();
    took.sort((a, b) => a - b);
    return [`${took.length}`, `${Math.round(quantile(took, 0.5))} ms`, `${Math.round(quantile(took, 0.99))} ms`];
  });

const faulty = async (count: number): Promise<string[]> =>
  inFolder(async (folder) => {
    const opened = openEmbeddedPlatform({ folder, world: realWorld, log: quiet });
    let writes = 0;
    let faults = 0;
    const wrap = <T extends object>(port: T, ...names: (keyof T)[]): T => ({
      ...port,
      ...Object.fromEntries(
        names.map((name) => {
          const write = (port[name] as (...args: unknown[]) => Promise<unknown>).bind(port);
          return [
            name,
            async (...args: unknown[]) => {
              writes += 1;
              if (writes % 100 !== 0) return write(...args);
              faults += 1;
              if (faults % 2 === 0) await write(...args);
              throw new Error('injected');
            },
          ];
        }),
      ),
    });
    const ids = await through(opened, count, realWorld.nowMs() - count - 1_000);
    const platform: Platform = {
      ...opened,
      table: wrap(opened.table, 'transact'),
      indexTable: wrap(opened.indexTable, 'transact'),
      keys: wrap(opened.keys, 'sign'),
      archive: wrap(opened.archive, 'putLocked', 'putReplaceable', 'delete'),
      delivery: wrap(opened.delivery, 'deliver'),
    };
    const start = performance.now();
    for (let waiting = true; waiting; ) {
      const pipeline = auditPipeline(platform);
      try {
        const sealed = await pipeline.seal(org);
        const shipped = await pipeline.ship(org);
        waiting = sealed.more || shipped.more || sealed.stopped !== undefined || sealed.sealed > 0;
        if (sealed.stopped !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
      } catch {
        waiting = true;
      }
    }
    const index = tableEventIndex({ indexTable: opened.indexTable, clock: realWorld });
    const seen = new Map<string, number>();
    for (let at: string | undefined; ; ) {
      const page = await index.search(org, {
        filter: {},
        order: 'oldest',
        limit: 1_000,
        allows: () => true,
        ...(at === undefined ? {} : { at }),
      });
      for (const { id } of page.events) seen.set(id, (seen.get(id) ?? 0) + 1);
      if (page.next === undefined) break;
      at = page.next;
    }
    const lost = ids.filter((id) => !seen.has(id)).length;
    const doubled = [...seen.values()].filter((times) => times > 1).length;
    const seconds = (performance.now() - start) / 1_000;
    const keyText = Buffer.from((await opened.archive.get('log/acme/key')) ?? '')
      .toString()
      .trim();
    const { size } = await verifyLog(
      { read: (path) => opened.archive.get(`log/acme/${path}`), list: async () => undefined },
      { keys: [parseVerifierKey(keyText)] },
    );
    opened.close();
    return [count.toLocaleString('en'), `${faults}`, `${lost}`, `${doubled}`, `${size - count}`, `${seconds.toFixed(0)} s`];
  });

export const auditBench: Bench = {
  name: 'Audit log',
  run: async () =>
    [
      'Entries of 500 bytes, from canonical bytes to a signed head (a batch of 2,048), and verified from files:',
      table(
        ['entries', 'sealed a CPU-second', 'verified a CPU-second', 'memory sealing / verifying'],
        [await hashing(full / 10), await hashing(full), await hashing(full * 10)],
      ),
      `Searching ${full.toLocaleString('en')} events, a filter with a time range of four fifths of them, pages of 50 (p50 / worst of 15):`,
      table(['asked for', 'time'], await searching(full)),
      'Export of everything as JSON lines, with entries and proofs (and the pipeline before it, outbox to index and archive):',
      table(['events', 'pipeline a second', 'exported a second', 'memory, whole process'], [await exporting(full)]),
      'From answer to signed checkpoint, about 200 events a second, a seal a second:',
      table(['events', 'p50', 'p99'], [await latency(20)]),
      'A fault every 100 writes, every second of them after the write was made:',
      table(['events', 'faults', 'lost', 'doubled', 'log entries too many', 'took'], [await faulty(full / 20)]),
    ].join('\n\n'),
};
