// Lists workspaces' branch keys with their age, and how far a re-encryption is.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import type { listQuery } from '../../shared/http/list.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { scopeOf } from '../../shared/kernel/scope.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import type { BranchKeys, Reencryption, ReencryptionStore } from '../ports.ts';
import type { ReencryptionShape, WorkspaceKeys } from '../schemas.ts';

interface Dependencies {
  readonly branchKeys: BranchKeys;
  readonly reencryptions: ReencryptionStore;
  readonly cursors: Cursors;
  readonly world: World;
}

const dayMs = 24 * 60 * 60_000;
const route = 'vault-keys';

export const shapeOfJob = (job: Reencryption): ReencryptionShape => ({
  id: job.id,
  status: job.status,
  progress: { done: job.done, total: Math.max(job.total, job.done) },
  unreadable: job.unreadable,
  startedAt: toTime(job.startedAtMs),
  updatedAt: toTime(job.updatedAtMs),
});

export const keysOf = async (
  { branchKeys, reencryptions, world }: Omit<Dependencies, 'cursors'>,
  org: OrgId,
  workspace: string,
): Promise<WorkspaceKeys> => {
  const keys = await branchKeys.list(org, workspace);
  const job = await reencryptions.get(org, workspace);
  return {
    workspace: workspace as WorkspaceKeys['workspace'],
    keys: keys.map(({ id, createdAtMs, current }) => ({
      id,
      createdAt: toTime(createdAtMs),
      ageDays: Math.floor((world.nowMs() - createdAtMs) / dayMs),
      current,
    })),
    ...(job === undefined ? {} : { reencryption: shapeOfJob(job) }),
  };
};

export const listKeys = async (
  dependencies: Dependencies,
  call: Call<object, z.infer<typeof listQuery>, unknown>,
): Promise<Answer<{ items: WorkspaceKeys[] }>> => {
  const { org, query, access } = call;
  const { cursors } = dependencies;
  const cursorCall = { org, caller: call.caller, query };
  const after = await cursors.open(cursorCall, route);
  const all = (await dependencies.branchKeys.workspaces(org)).filter(
    (workspace) => (after === undefined || workspace > after) && access.decide('workspace', scopeOf(workspace), 'manage').allowed,
  );
  const shown = all.slice(0, query.limit);
  const items = await Promise.all(shown.map((workspace) => keysOf(dependencies, org, workspace)));
  const last = shown.at(-1);
  const more = all.length > shown.length && last !== undefined;
  return ok({ items, ...(more ? { nextCursor: await cursors.seal(cursorCall, route, last) } : {}) });
};
