// Creates a deny list, with entries if they are given.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { packed } from '../domain/segments.ts';
import type { DenyListHead, DenyListStore } from '../ports.ts';
import type { ListShape, listBody } from '../schemas.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { demandRoom, newEntries } from './check-entries.ts';
import { demandWorkspaces, type WorkspaceExists } from './check-policy.ts';
import { shapeOfList } from './deny-list-shape.ts';

interface Dependencies extends Changing {
  readonly denyLists: DenyListStore;
  readonly workspaceExists: WorkspaceExists;
  readonly world: World;
}

export const createDenyList = (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof listBody>>,
): Promise<Answer<ListShape>> => {
  const { denyLists, workspaceExists, world } = dependencies;
  const { org, body } = call;
  const entries = newEntries(world, [], body.entries, (index) => `/entries/${index}`);
  const segments = demandRoom(packed(undefined, entries));
  const nowMs = world.nowMs();
  const head: DenyListHead = {
    id: body.id ?? newId(world),
    name: body.name,
    workspaces: body.workspaces,
    entryCount: entries.length,
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  return changeProtection(dependencies, call, async () => {
    await demandWorkspaces(workspaceExists, org, head.workspaces);
    return {
      writes: [denyLists.creation(org, head), ...segments.map((segment) => denyLists.segmentWrite(org, head.id, segment))],
      event: {
        type: 'admin.policy_updated',
        action: 'create-deny-list',
        resource: { type: 'deny-list', id: head.id },
        changes: [
          { path: '/name', after: head.name },
          { path: '/workspaces', after: shapeOfList(head).workspaces },
          { path: '/entryCount', after: head.entryCount },
        ],
      },
      answer: created(shapeOfList(head, entries), `/v1/orgs/${org}/protection/deny-lists/${head.id}`, head.version),
    };
  });
};
