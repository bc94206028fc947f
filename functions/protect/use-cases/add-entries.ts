// Adds one entry or several to a deny list, all or none.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import { packed } from '../domain/segments.ts';
import type { DenyListStore } from '../ports.ts';
import type { EntryShape, entriesBody } from '../schemas.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { demandRoom, newEntries } from './check-entries.ts';
import { shapeOfEntry } from './deny-list-shape.ts';

interface Dependencies extends Changing {
  readonly denyLists: DenyListStore;
  readonly world: World;
}

type Added = EntryShape | { items: EntryShape[] };

/** Ids named in one record; the count tells of all. */
const maxRecordedIds = 100;

export const addEntries = (
  dependencies: Dependencies,
  call: Call<{ id: string }, object, z.infer<typeof entriesBody>>,
): Promise<Answer<Added>> => {
  const { denyLists, world } = dependencies;
  const { org, params, body, ifMatch } = call;
  const many = 'entries' in body;
  const given = many ? body.entries : [body];
  return changeProtection(dependencies, call, async () => {
    const before = await denyLists.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    const segments = await denyLists.segments(org, before.id);
    const present = segments.flatMap(({ entries }) => entries);
    const added = newEntries(world, present, given, (index) => (many ? `/entries/${index}` : ''));
    const written = demandRoom(packed(segments.at(-1), added));
    const head = {
      ...before,
      entryCount: present.length + added.length,
      version: before.version + 1,
      updatedAtMs: world.nowMs(),
    };
    const path = `/v1/orgs/${org}/protection/deny-lists/${head.id}/entries`;
    const [first] = added;
    const shapes = added.map(shapeOfEntry);
    const answer: Answer<Added> =
      many || first === undefined
        ? created({ items: shapes }, path, head.version)
        : created(shapeOfEntry(first), `${path}/${first.id}`, head.version);
    return {
      writes: [denyLists.replacement(org, head), ...written.map((segment) => denyLists.segmentWrite(org, head.id, segment))],
      event: {
        type: 'admin.policy_updated',
        action: 'add-deny-entries',
        resource: { type: 'deny-list', id: head.id },
        changes: [{ path: '/entryCount', before: before.entryCount, after: head.entryCount }],
        details: { added: added.length, entries: added.slice(0, maxRecordedIds).map(({ id }) => id) },
      },
      answer,
    };
  });
};
