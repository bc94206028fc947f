// Removes entries from a deny list by their ids, all or none.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { DenyListStore } from '../ports.ts';
import { type Changing, changeProtection } from './change-protection.ts';

interface Dependencies extends Changing {
  readonly denyLists: DenyListStore;
  readonly world: World;
}

/** @param ids of entries; one that the list does not have makes it `not-found` and removes none */
export const removeEntries = (
  dependencies: Dependencies,
  call: Call<{ id: string }, object>,
  ids: readonly string[],
): Promise<Answer<never>> => {
  const { denyLists, world } = dependencies;
  const { org, params, ifMatch } = call;
  const gone = new Set(ids);
  return changeProtection(dependencies, call, async () => {
    const before = await denyLists.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    const segments = await denyLists.segments(org, before.id);
    const touched = segments.filter(({ entries }) => entries.some(({ id }) => gone.has(id)));
    const left = touched.map(({ number, entries }) => ({ number, entries: entries.filter(({ id }) => !gone.has(id)) }));
    const count =
      touched.reduce((sum, { entries }) => sum + entries.length, 0) - left.reduce((sum, { entries }) => sum + entries.length, 0);
    if (count !== gone.size) throw notFound();
    const head = { ...before, entryCount: before.entryCount - count, version: before.version + 1, updatedAtMs: world.nowMs() };
    return {
      writes: [denyLists.replacement(org, head), ...left.map((segment) => denyLists.segmentWrite(org, head.id, segment))],
      event: {
        type: 'admin.policy_updated',
        action: 'remove-deny-entries',
        resource: { type: 'deny-list', id: head.id },
        changes: [{ path: '/entryCount', before: before.entryCount, after: head.entryCount }],
        details: { removed: count, entries: [...gone] },
      },
      answer: noContent(),
    };
  });
};
