// One event: what it says, its exact entry, and the proof that it is in the log.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { AuditEvent, StoredEvent } from '../domain/event.ts';
import { inclusionProof } from '../domain/merkle-proof.ts';
import { tileNodes } from '../domain/tile-nodes.ts';
import { formatTlogProof } from '../domain/tlog-proof.ts';
import type { EventIndex, LogFiles, LogHead, LogHeads, Outbox } from '../ports.ts';
import { entryReader } from './read-entries.ts';
import { tileReader } from './read-tile.ts';
import type { Read, RecordRead } from './record-read.ts';

export interface EventDependencies {
  readonly index: EventIndex;
  readonly outbox: Outbox;
  readonly heads: LogHeads;
  readonly files: LogFiles;
  readonly recordRead: RecordRead;
}

/** An event that may not have its place yet. */
export type FoundEvent = AuditEvent & { readonly leafIndex?: number };

type EventCall = Call<{ id: string }, object, unknown, FoundEvent>;

/** @returns the event, wherever on its way it is */
export const findEvent = async ({ index, outbox }: EventDependencies, org: OrgId, id: string): Promise<FoundEvent | undefined> =>
  (await index.find(org, id)) ??
  (await outbox.find(org, id)) ??
  // INVARIANT: a row leaves the outbox only once it is indexed: what was in neither a moment ago may have moved between the two looks.
  index.find(org, id);

const record = ({ recordRead }: EventDependencies, call: EventCall, action: Read['action']): Promise<void> => {
  const { id, workspace } = call.located;
  return recordRead(call as unknown as Call, {
    action,
    resource: { type: 'audit-event', id },
    ...(workspace === undefined ? {} : { workspace }),
  });
};

export const readEvent = async (dependencies: EventDependencies, call: EventCall): Promise<Answer<FoundEvent>> => {
  await record(dependencies, call, 'read-event');
  return ok(call.located, 1);
};

const notCovered = (): AppError =>
  new AppError('conflict', 'no checkpoint covers this event yet; try again in a second', { headers: { 'retry-after': '1' } });

/** @throws AppError `conflict` with `Retry-After` until a signed checkpoint covers the event */
const coveredBy = async (
  { heads }: EventDependencies,
  { org, located }: EventCall,
): Promise<{ event: StoredEvent; head: LogHead; checkpoint: string }> => {
  const { leafIndex } = located;
  const head = leafIndex === undefined ? undefined : await heads.read(org);
  if (leafIndex === undefined || head?.checkpoint === undefined || leafIndex >= head.checkpointSize) throw notCovered();
  return { event: { ...located, leafIndex }, head, checkpoint: head.checkpoint };
};

export const readProof = async (dependencies: EventDependencies, call: EventCall): Promise<Answer<string>> => {
  const { event, head, checkpoint } = await coveredBy(dependencies, call);
  await record(dependencies, call, 'read-proof');
  const node = tileNodes(head.checkpointSize, tileReader(dependencies.files, call.org));
  const proof = await inclusionProof(node, event.leafIndex, head.checkpointSize);
  return ok(formatTlogProof({ index: event.leafIndex, proof, checkpoint }));
};

export const readEntry = async (dependencies: EventDependencies, call: EventCall): Promise<Answer<Uint8Array>> => {
  const { event, head } = await coveredBy(dependencies, call);
  await record(dependencies, call, 'read-entry');
  return ok(await entryReader(dependencies.files, call.org, head.checkpointSize)(event.leafIndex));
};
