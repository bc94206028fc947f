// Exports as callers see them: asked for, followed, cancelled, and their files opened.
import { type Answer, type Call, type Caller, noContent, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import { orgId } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';
import { newId, toTime, type World } from '../../shared/kernel/world.ts';
import { keptMs } from '../adapters/table-export-jobs.ts';
import { type ExportFormat, manifestName } from '../domain/export-manifest.ts';
import type { ExportFiles, ExportJob, ExportJobs } from '../ports.ts';
import type { FilterWords, ShownExport } from '../schemas.ts';
import type { Commit } from './commit-change.ts';
import { type ExportLinks, linkMs } from './export-links.ts';

export interface ExportDependencies {
  readonly world: World;
  readonly commit: Commit;
  readonly jobs: ExportJobs;
  readonly exportFiles: ExportFiles;
  readonly links: ExportLinks;
}

type JobCall = Call<{ id: string }, object, unknown, unknown>;

const kind = 'audit-export';

const showJob = async (
  { links, world }: ExportDependencies,
  { org, caller }: Pick<Call, 'org' | 'caller'>,
  job: ExportJob,
): Promise<ShownExport> => {
  const shown: ShownExport = {
    id: job.id,
    status: job.status,
    format: job.format,
    filter: job.filter as ShownExport['filter'],
    progress: { done: job.done, total: Math.max(job.total ?? 0, job.done) },
    createdAt: toTime(job.createdAtMs),
    createdBy: job.createdBy,
    ...(job.detail === undefined ? {} : { detail: job.detail }),
  };
  if (job.status !== 'done' || job.doneAtMs === undefined) return shown;
  const expiresAtMs = world.nowMs() + linkMs;
  const urlOf = (name: string): Promise<string> => links.make({ org, job: job.id, name, by: caller.principal }, expiresAtMs);
  const files = await Promise.all(job.files.map(async (file) => ({ ...file, url: await urlOf(file.name) })));
  const first = files.find((file) => file.kind === 'events');
  return {
    ...shown,
    ...(first === undefined ? {} : { url: first.url }),
    manifestUrl: await urlOf(manifestName),
    expiresAt: toTime(Math.floor(expiresAtMs / 1000) * 1000),
    keptUntil: toTime(job.doneAtMs + keptMs),
    files,
  };
};

export const startExport = async (
  dependencies: ExportDependencies,
  call: Call<object, object, { filter: FilterWords; format: ExportFormat }, unknown>,
): Promise<Answer<ShownExport>> => {
  const { world, commit, jobs } = dependencies;
  const { filter, format } = call.body;
  const job: ExportJob = {
    id: newId(world),
    version: 1,
    format,
    filter: JSON.parse(JSON.stringify(filter)) as ExportJob['filter'],
    status: 'queued',
    createdAtMs: call.timeMs,
    createdBy: call.caller.principal,
    source: call.source,
    requestId: call.requestId,
    done: 0,
    phase: 'events',
    files: [],
  };
  await commit(call as unknown as Call, [jobs.put(call.org, job, undefined)], {
    type: 'audit.exported',
    action: 'request-export',
    resource: { type: kind, id: job.id },
    details: { format, filter: job.filter as never },
  });
  return {
    status: 202,
    body: await showJob(dependencies, call, job),
    headers: { location: `/v1/orgs/${call.org}/audit/exports/${job.id}` },
  };
};

export const readExport = async (dependencies: ExportDependencies, call: JobCall): Promise<Answer<ShownExport>> => {
  const job = await dependencies.jobs.read(call.org, call.params.id);
  if (job === undefined) throw notFound();
  return ok(await showJob(dependencies, call, job), job.version);
};

/** Cancels what is not done, and takes away what is. The worker sees that its job is gone, and stops. */
export const removeExport = async ({ commit, jobs, exportFiles }: ExportDependencies, call: JobCall): Promise<Answer<never>> => {
  const job = await jobs.read(call.org, call.params.id);
  if (job === undefined) throw notFound();
  await commit(call as unknown as Call, [{ ...jobs.remove(call.org, job.id), condition: { present: true }, orElse: notFound } as never], {
    type: 'audit.exported',
    action: job.phase === 'over' ? 'delete-export' : 'cancel-export',
    resource: { type: kind, id: job.id },
  });
  await exportFiles.removeAll(call.org, job.id);
  return noContent();
};

const typeOf = (name: string): string =>
  name.endsWith('.csv') ? 'text/csv; charset=utf-8' : name.endsWith('.jsonl') ? 'application/x-ndjson' : 'application/json';

/** Opens a link: a public route, since the link itself is the right; recorded under whom the link was made for. */
export const openExportFile = async (
  { commit, jobs, exportFiles, links }: ExportDependencies,
  call: Call<{ id: string; name: string; org?: string }, { by: string; expires: number; signature: string }, unknown, unknown>,
): Promise<Answer<Uint8Array>> => {
  const { id, name } = call.params;
  const org = orgId.safeParse(call.params.org).data;
  const by = principal.safeParse(call.query.by).data;
  if (org === undefined || by === undefined) throw notFound();
  await links.check({ org, job: id, name, by, expires: call.query.expires, signature: call.query.signature });
  const job = await jobs.read(org, id);
  const bytes = job?.status === 'done' ? await exportFiles.read(org, id, name) : undefined;
  if (bytes === undefined) throw notFound();
  const caller: Caller = { org, principal: by };
  const { idempotency: _, ...opening } = call as unknown as Call;
  await commit({ ...opening, org, caller }, [], {
    type: 'audit.exported',
    action: 'open-export',
    resource: { type: kind, id },
    details: { file: name },
  });
  const headers = { 'content-disposition': `attachment; filename="${name}"`, 'cache-control': 'no-store' };
  return { status: 200, body: bytes, contentType: typeOf(name), headers };
};
