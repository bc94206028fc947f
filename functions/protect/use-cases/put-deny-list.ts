// Replaces a deny list's name and scope, and its entries where they are given.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Write } from '../../shared/ports/table.ts';
import { packed } from '../domain/segments.ts';
import type { DenyEntry, DenyListHead, DenyListStore, Segment } from '../ports.ts';
import type { ListShape, listPut } from '../schemas.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { demandRoom, newEntries } from './check-entries.ts';
import { demandWorkspaces, type WorkspaceExists } from './check-policy.ts';
import { shapeOfList } from './deny-list-shape.ts';

interface Dependencies extends Changing {
  readonly denyLists: DenyListStore;
  readonly workspaceExists: WorkspaceExists;
  readonly world: World;
}

type PutCall = Call<{ id: string }, object, z.infer<typeof listPut>>;

export const putDenyList = (dependencies: Dependencies, call: PutCall): Promise<Answer<ListShape>> => {
  const { denyLists, workspaceExists, world } = dependencies;
  const { org, params, body, ifMatch } = call;
  const given = body.entries === undefined ? undefined : newEntries(world, [], body.entries, (index) => `/entries/${index}`);
  return changeProtection(dependencies, call, async () => {
    const before = await denyLists.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    await demandWorkspaces(workspaceExists, org, body.workspaces);
    const segments = await denyLists.segments(org, params.id);
    const entries = given ?? segments.flatMap((segment) => segment.entries);
    const head: DenyListHead = {
      ...before,
      name: body.name,
      workspaces: body.workspaces,
      entryCount: entries.length,
      version: before.version + 1,
      updatedAtMs: world.nowMs(),
    };
    return {
      writes: [denyLists.replacement(org, head), ...(given === undefined ? [] : exchange(denyLists, call, segments, given))],
      event: {
        type: 'admin.policy_updated',
        action: 'put-deny-list',
        resource: { type: 'deny-list', id: head.id },
        changes: (['name', 'workspaces', 'entryCount'] as const)
          .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(head[field]))
          .map((field) => ({ path: `/${field}`, before: shapeOfList(before)[field], after: shapeOfList(head)[field] })),
        details: { version: head.version, entriesReplaced: given !== undefined },
      },
      answer: ok(shapeOfList(head, entries), head.version),
    };
  });
};

/** Writes the new segments over the old ones and removes those that are left. */
const exchange = (store: DenyListStore, { org, params }: PutCall, old: readonly Segment[], entries: readonly DenyEntry[]): Write[] => {
  const segments = demandRoom(packed(undefined, entries));
  const written = new Set(segments.map(({ number }) => number));
  const left = old.filter(({ number }) => !written.has(number)).map(({ number }) => ({ number, entries: [] }));
  return [...segments, ...left].map((segment) => store.segmentWrite(org, params.id, segment));
};
