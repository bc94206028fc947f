// A change and its audit records are one transaction (truth 1): events are made from the call, and written to the outbox with the change.
import type { Call } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { toTime, uuidv7, type World } from '../../shared/kernel/world.ts';
import { type Table, TransactionConflict, type Write } from '../../shared/ports/table.ts';
import { pendingKey } from '../adapters/keys.ts';
import { tableOrganizations } from '../adapters/table-organizations.ts';
import type { AuditEvent, Change, EventType } from '../domain/event.ts';
import { onlyRecordable } from '../domain/recordable.ts';

/** What a use case says of an event; who, when, where and the request come from its call. */
export interface NewEvent {
  readonly type: EventType;
  /** The verb, for example `create-role`. */
  readonly action: string;
  readonly workspace?: string;
  readonly resource: { readonly type: string; readonly id: string; readonly scope?: string };
  readonly outcome?: 'success' | 'denied' | 'failure';
  readonly reason?: string;
  /** Before and after, never a secret's value. */
  readonly changes?: readonly Change[];
  /** Typed per event type; values that are safe to keep for years. */
  readonly details?: AuditEvent['details'];
}

type CallFacts = Pick<Call, 'org' | 'caller' | 'source' | 'requestId' | 'timeMs'>;

/** @returns the whole event, with nothing but what its type may hold; pure but for its id */
export const eventOf = (call: CallFacts, service: string, world: World, said: NewEvent): AuditEvent => {
  const { caller, source } = call;
  return onlyRecordable({
    id: uuidv7(world),
    time: toTime(call.timeMs),
    org: call.org,
    ...(said.workspace === undefined ? {} : { workspace: said.workspace as AuditEvent['workspace'] }),
    type: said.type,
    action: said.action,
    actor: {
      principal: caller.principal,
      ...(caller.name === undefined ? {} : { name: caller.name }),
      ...(caller.email === undefined ? {} : { email: caller.email }),
      ...(caller.tokenId === undefined ? {} : { token: caller.tokenId }),
      ...(caller.session === undefined ? {} : { session: caller.session }),
    },
    resource: said.resource,
    outcome: said.outcome ?? 'success',
    ...(said.reason === undefined ? {} : { reason: said.reason }),
    ...(said.changes === undefined ? {} : { changes: [...said.changes] }),
    source: {
      ...(source.ip === undefined ? {} : { ip: source.ip }),
      ...(source.userAgent === undefined ? {} : { userAgent: source.userAgent }),
      ...(source.client === undefined ? {} : { client: source.client }),
    },
    ...(said.details === undefined ? {} : { details: said.details }),
    requestId: call.requestId,
    service,
    schemaVersion: 1,
  });
};

/** @returns the outbox row of an event, to be written in the transaction of its change; {@link registerOrganization} comes first */
export const outboxPut = (event: AuditEvent): Write => ({
  kind: 'put',
  item: { ...pendingKey(event.org, event.id), event: event as unknown as Record<string, never> },
  condition: { absent: true },
});

/** Durable before the first outbox row of an organization, so that the sweep after a restart knows where to look. */
export const registerOrganization = (table: Table, org: OrgId): Promise<void> => tableOrganizations({ table }).register(org);

/** Writes a change and its audit records as one transaction, and joins the request's idempotency key to it. */
export type Commit = (call: Call, writes: readonly Write[], ...events: readonly NewEvent[]) => Promise<readonly AuditEvent[]>;

const conflictTries = 5;

/**
 * @param service the name that events bear
 * @throws whatever `orElse` a failed write names; `conflict` when an idempotency key is taken; `dependency-unavailable` when other
 * transactions stay in the way
 */
export const committer =
  ({ table, world, service }: { table: Table; world: World; service: string }): Commit =>
  async (call, writes, ...events) => {
    await registerOrganization(table, call.org);
    const records = events.map((said) => eventOf(call, service, world, said));
    const all = [...writes, ...records.map(outboxPut), ...idempotencyWrites(call)];
    for (let attempt = 1; ; attempt += 1) {
      try {
        await table.transact(call.org, all);
        return records;
      } catch (error) {
        if (!(error instanceof TransactionConflict)) throw error;
        if (attempt === conflictTries)
          throw new AppError('dependency-unavailable', 'too many changes at once; try again', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt * (1 + (world.bytes(1)[0] ?? 0) / 256)));
      }
    }
  };

const idempotencyWrites = ({ idempotency }: Call): Write[] => {
  if (idempotency === undefined) return [];
  const { pk, sk, bodyMac, expiresAtSeconds } = idempotency;
  return [
    {
      kind: 'put',
      item: { pk, sk, bodyMac, expiresAtSeconds },
      condition: { absent: true },
      orElse: () => new AppError('conflict', 'a request with this `Idempotency-Key` is being carried out or was carried out'),
    },
  ];
};
