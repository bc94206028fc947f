// Carries out an export a part at a time: events as found, then their exact entries in the log's order with one proof, then the log's own record of it.
import { hash } from 'node:crypto';
import type { AccessSource } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import { ConditionFailed, type Table, type Write } from '../../shared/ports/table.ts';
import { encodeArchiveLine } from '../domain/archive-line.ts';
import { encodeBase64 } from '../domain/base64.ts';
import { parseCheckpointText } from '../domain/checkpoint.ts';
import { csvHeader, csvLine } from '../domain/csv.ts';
import type { StoredEvent } from '../domain/event.ts';
import {
  type ExportFile,
  type ExportFormat,
  entriesName,
  eventsName,
  formatManifest,
  type ManifestCore,
  manifestName,
  proofName,
  recordedIdOf,
} from '../domain/export-manifest.ts';
import { consistencyProof, inclusionProof } from '../domain/merkle-proof.ts';
import { multiProof } from '../domain/multi-proof.ts';
import { asOcsf } from '../domain/ocsf.ts';
import { formatVerifierKey, parseNote } from '../domain/signed-note.ts';
import { tileNodes } from '../domain/tile-nodes.ts';
import { formatTlogProof } from '../domain/tlog-proof.ts';
import type { Erasure, EventIndex, ExportFiles, ExportJob, ExportJobs, LogFiles, LogHeads, Notices } from '../ports.ts';
import { filterWords } from '../schemas.ts';
import { eventOf, outboxPut } from './commit-change.ts';
import { eventFilterOf } from './event-filter-of.ts';
import { entryReader } from './read-entries.ts';
import { tileReader } from './read-tile.ts';
import { readable } from './search-events.ts';

export interface RunExportDependencies {
  readonly log: Notices;
  readonly world: World;
  readonly table: Table;
  readonly jobs: ExportJobs;
  readonly exportFiles: ExportFiles;
  readonly index: EventIndex;
  readonly heads: LogHeads;
  readonly files: LogFiles;
  readonly access: AccessSource;
  readonly publicKey: () => Promise<Uint8Array>;
  readonly erasures: (org: OrgId) => Promise<readonly Erasure[]>;
  readonly service: string;
}

/** What one step left: go on, look again in a moment, or nothing more to do. */
export type StepResult = 'more' | 'waiting' | 'over';

/** A file stays below what one answer of a Lambda function may hold. */
const maxPartBytes = 4_000_000;
const pageEvents = 1_000;
const leafBytes = 8;

/** The job was cancelled, or another worker has it. */
class Gone extends Error {}

const leavesName = (part: number): string => `leaves-${String(part).padStart(5, '0')}`;

const lineOf: Readonly<Record<ExportFormat, (event: StoredEvent) => string>> = {
  jsonl: (event) => `${JSON.stringify(event)}\n`,
  csv: csvLine,
  ocsf: (event) => `${JSON.stringify(asOcsf(event))}\n`,
};

const described = (name: string, kind: ExportFile['kind'], bytes: Uint8Array, count: number): ExportFile => ({
  name,
  kind,
  bytes: bytes.length,
  sha256: hash('sha256', bytes, 'hex'),
  count,
});

const asBytes = (leaves: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(leaves.length * leafBytes);
  for (const [at, leaf] of leaves.entries()) bytes.writeDoubleBE(leaf, at * leafBytes);
  return bytes;
};

const sizeOf = (job: ExportJob): number => parseCheckpointText(parseNote(Buffer.from(job.checkpoint ?? '')).text).size;

/** @returns a function that does one step of a job; after a crash the next call goes on where the last step ended */
export const runExport = (dependencies: RunExportDependencies) => {
  const { world, table, jobs, exportFiles, index, heads, files, access } = dependencies;

  const save = async (org: OrgId, before: ExportJob, change: Partial<ExportJob>, ...writes: readonly Write[]): Promise<ExportJob> => {
    const next: ExportJob = { ...before, ...change, version: before.version + 1 };
    try {
      await table.transact(org, [jobs.put(org, next, before.version), ...writes]);
    } catch (error) {
      if (error instanceof ConditionFailed) throw new Gone();
      throw error;
    }
    return next;
  };

  const searchOf = async (org: OrgId, job: ExportJob) => {
    const timeMs = world.nowMs();
    const rights = await access(org, job.createdBy, { timeMs, ...(job.source.ip === undefined ? {} : { ip: job.source.ip }) });
    if (!rights.decide('audit', everywhere, 'export').allowed) return undefined;
    const filter = eventFilterOf(filterWords.parse(job.filter));
    const toMs = Math.min(filter.toMs ?? Number.MAX_SAFE_INTEGER, job.createdAtMs);
    const allows = readable({ access: rights }, 'export');
    const size = sizeOf(job);
    return (at: string | undefined, limit: number) =>
      index.search(org, {
        filter: { ...filter, toMs },
        order: 'oldest',
        limit,
        allows: (event) => event.leafIndex < size && allows(event),
        ...(at === undefined ? {} : { at }),
      });
  };
  type Search = NonNullable<Awaited<ReturnType<typeof searchOf>>>;

  const countAll = async (org: OrgId, job: ExportJob, search: Search): Promise<number> => {
    if (Object.keys(job.filter).length === 0) return sizeOf(job);
    let total = 0;
    for (let at: string | undefined; ; ) {
      const page = await search(at, pageEvents);
      total += page.events.length;
      if (page.next === undefined) return total;
      at = page.next;
      if ((await jobs.read(org, job.id))?.version !== job.version) throw new Gone();
    }
  };

  /** The log's head as the job saw it first; without one there is nothing to prove with yet. */
  const begin = async (org: OrgId, job: ExportJob): Promise<StepResult> => {
    const checkpoint = (await heads.read(org))?.checkpoint;
    if (checkpoint === undefined) return 'waiting';
    await save(org, job, { status: 'running', checkpoint });
    return 'more';
  };

  const writeEvents = async (org: OrgId, job: ExportJob): Promise<StepResult> => {
    const search = await searchOf(org, job);
    if (search === undefined) {
      await save(org, job, {
        status: 'failed',
        phase: 'over',
        detail: 'whoever asked for it may no longer export',
        doneAtMs: world.nowMs(),
      });
      return 'over';
    }
    const counted = job.total === undefined ? await save(org, job, { total: await countAll(org, job, search) }) : job;
    const part = counted.files.filter(({ kind }) => kind === 'events').length;
    const texts: string[] = job.format === 'csv' ? [csvHeader] : [];
    const leaves: number[] = [];
    let length = 0;
    let at = counted.at;
    let ended = false;
    while (length < maxPartBytes && !ended) {
      const page = await search(at, pageEvents);
      for (const event of page.events) {
        const text = lineOf[job.format](event);
        texts.push(text);
        leaves.push(event.leafIndex);
        length += text.length;
      }
      at = page.next;
      ended = at === undefined;
    }
    const bytes = Buffer.from(texts.join(''));
    const name = eventsName(part, job.format);
    await exportFiles.write(org, job.id, leavesName(part), asBytes(leaves));
    await exportFiles.write(org, job.id, name, bytes);
    const { at: _, ...rest } = counted;
    await save(org, rest as ExportJob, {
      files: [...counted.files, described(name, 'events', bytes, leaves.length)],
      done: counted.done + leaves.length,
      ...(at === undefined ? {} : { at }),
      ...(ended ? { phase: 'entries' as const } : {}),
    });
    return 'more';
  };

  const readLeaves = async (org: OrgId, job: ExportJob): Promise<number[]> => {
    const leaves: number[] = [];
    for (let part = 0; part < job.files.filter(({ kind }) => kind === 'events').length; part += 1) {
      const bytes = Buffer.from((await exportFiles.read(org, job.id, leavesName(part))) ?? []);
      for (let at = 0; at < bytes.length; at += leafBytes) leaves.push(bytes.readDoubleBE(at));
    }
    return leaves.sort((a, b) => a - b);
  };

  const writeEntries = async (org: OrgId, job: ExportJob): Promise<StepResult> => {
    const leaves = await readLeaves(org, job);
    if (leaves.length !== job.done) throw new Error('the places of exported events are not complete');
    const size = sizeOf(job);
    const read = entryReader(files, org, size);
    const made: ExportFile[] = job.files.filter(({ kind }) => kind === 'events');
    for (let at = 0, part = 0; at < leaves.length; part += 1) {
      const lines: Uint8Array[] = [];
      const first = at;
      for (let length = 0; at < leaves.length && length < maxPartBytes; at += 1) {
        const leafIndex = leaves[at] ?? 0;
        const line = encodeArchiveLine({ leafIndex, entry: await read(leafIndex) });
        lines.push(line, Buffer.from('\n'));
        length += line.length;
      }
      const bytes = Buffer.concat(lines);
      await exportFiles.write(org, job.id, entriesName(part), bytes);
      made.push(described(entriesName(part), 'entries', bytes, at - first));
      if ((await jobs.read(org, job.id))?.version !== job.version) throw new Gone();
    }
    const proof = Buffer.from(JSON.stringify((await multiProof(tileNodes(size, tileReader(files, org)), leaves, size)).map(encodeBase64)));
    await exportFiles.write(org, job.id, proofName, proof);
    await save(org, job, { files: [...made, described(proofName, 'proof', proof, 0)], phase: 'record' });
    return 'more';
  };

  const coreOf = async (org: OrgId, job: ExportJob, createdAt: string): Promise<ManifestCore> => ({
    version: 'audit-export/v1',
    job: job.id,
    org,
    format: job.format,
    filter: job.filter as ManifestCore['filter'],
    createdAt,
    createdBy: job.createdBy,
    events: job.done,
    checkpoint: job.checkpoint ?? '',
    files: [...job.files],
    erasures: (await dependencies.erasures(org)).filter(({ at }) => at <= createdAt),
  });

  /** Writes the record into the log, waits until a checkpoint covers it, and closes the manifest with its proof. */
  const writeRecord = async (org: OrgId, job: ExportJob): Promise<StepResult> => {
    if (job.record === undefined) {
      const createdAt = toTime(world.nowMs());
      const caller = { org, principal: job.createdBy };
      const facts = { org, caller, source: job.source, requestId: job.requestId, timeMs: world.nowMs() };
      const event = eventOf(facts, dependencies.service, world, {
        type: 'audit.exported',
        action: 'export',
        resource: { type: 'audit-export', id: recordedIdOf(await coreOf(org, job, createdAt)) },
        details: { format: job.format, filter: job.filter as never, events: job.done },
      });
      await save(org, job, { record: { event: event.id, createdAt } }, outboxPut(event));
      return 'waiting';
    }
    const { event: id, createdAt } = job.record;
    const event = await index.find(org, id);
    const head = await heads.read(org);
    if (event === undefined || head?.checkpoint === undefined || event.leafIndex >= head.checkpointSize) return 'waiting';
    const { checkpointSize: size, checkpoint, origin } = head;
    const node = tileNodes(size, tileReader(files, org));
    const proof = await inclusionProof(node, event.leafIndex, size);
    const entry = await entryReader(files, org, size)(event.leafIndex);
    const manifest = formatManifest({
      core: await coreOf(org, job, createdAt),
      key: formatVerifierKey({ name: origin, publicKey: await dependencies.publicKey() }),
      record: {
        entry: encodeBase64(entry),
        proof: formatTlogProof({ index: event.leafIndex, proof, checkpoint }),
        consistency: (await consistencyProof(node, sizeOf(job), size)).map(encodeBase64),
      },
    });
    await exportFiles.write(org, job.id, manifestName, manifest);
    await save(org, job, { status: 'done', phase: 'over', doneAtMs: world.nowMs() });
    return 'over';
  };

  const step = (org: OrgId, job: ExportJob): Promise<StepResult> => {
    if (job.phase === 'over') return Promise.resolve('over');
    if (job.status === 'queued') return begin(org, job);
    if (job.phase === 'events') return writeEvents(org, job);
    return job.phase === 'entries' ? writeEntries(org, job) : writeRecord(org, job);
  };

  return async (org: OrgId, id: string): Promise<StepResult> => {
    const job = await jobs.read(org, id);
    if (job === undefined) {
      await exportFiles.removeAll(org, id);
      return 'over';
    }
    try {
      return await step(org, job);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      if ((await jobs.read(org, id)) === undefined) await exportFiles.removeAll(org, id);
      return 'over';
    }
  };
};
