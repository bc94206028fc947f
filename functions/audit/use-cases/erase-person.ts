// Erases a person from the log in two steps: the key of the person's fields is destroyed, the index is purged; hashes cover ciphertext, so the log still verifies.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import type { OrgKeys } from '../../shared/org-keys.ts';
import type { Table } from '../../shared/ports/table.ts';
import type { tableErasures } from '../adapters/table-erasures.ts';
import { destroySubjectKey, subjectKeyRef } from '../adapters/table-key-ring.ts';
import type { EventIndex, LogSettings } from '../ports.ts';
import type { ErasureAnswer } from '../schemas.ts';
import type { Commit } from './commit-change.ts';
import { demandAdmin } from './demand-admin.ts';

export interface EraseDependencies {
  readonly world: World;
  readonly commit: Commit;
  readonly keyTable: Table;
  readonly index: EventIndex;
  readonly settings: LogSettings;
  readonly erasures: ReturnType<typeof tableErasures>;
  readonly orgKeys: OrgKeys;
}

/** The second step must follow within this time. */
const confirmMs = 10 * 60_000;
/** The key table can be restored to any moment of the last day. */
const recoveryMs = 24 * 60 * 60_000;
const label = 'audit-erasure';

const held = (): AppError => new AppError('retention-locked', 'the log is under legal hold: nobody can be erased until it is released');

type EraseCall = Call<object, object, { subject: string; confirmation?: string | undefined }, unknown>;

/** @returns the second step's confirmation, bound to the organization, the person and the caller */
const confirmationOf = async ({ orgKeys }: EraseDependencies, { org, caller, body }: EraseCall, expires: number): Promise<string> => {
  const mac = createHmac('sha256', await orgKeys(org, 'cursors'))
    .update(JSON.stringify([label, org, caller.principal, body.subject, expires]))
    .digest('base64url');
  return `${expires}.${mac}`;
};

const isConfirmed = async (dependencies: EraseDependencies, call: EraseCall, confirmation: string): Promise<boolean> => {
  const expires = Number(/^(\d{1,15})\./.exec(confirmation)?.[1] ?? 0);
  const right = Buffer.from(await confirmationOf(dependencies, call, expires));
  const given = Buffer.from(confirmation);
  return expires * 1000 > dependencies.world.nowMs() && given.length === right.length && timingSafeEqual(given, right);
};

export const erasePerson = async (dependencies: EraseDependencies, call: EraseCall): Promise<Answer<ErasureAnswer>> => {
  demandAdmin(call);
  const { world, commit, keyTable, index, settings, erasures } = dependencies;
  const { org, body } = call;
  if ((await settings.hold(org)) !== undefined) throw held();
  if (body.confirmation === undefined) {
    const expires = Math.floor((world.nowMs() + confirmMs) / 1000);
    return ok({ status: 'confirm', confirmation: await confirmationOf(dependencies, call, expires), expiresAt: toTime(expires * 1000) });
  }
  if (!(await isConfirmed(dependencies, call, body.confirmation))) {
    throw new AppError('conflict', 'the confirmation is not for this person and caller, or its time is over: ask for a new one');
  }
  const at = toTime(world.nowMs());
  // The record names the key that goes, never the person: it outlives both.
  const key = (await subjectKeyRef(keyTable, org, body.subject)) ?? 'none';
  const resource = { type: 'audit-subject', id: key };
  const { idempotency, ...plain } = call as unknown as Call;
  const intent = [erasures.put(org, { at, key }), settings.noHold(org, held)];
  await commit(call as unknown as Call, intent, { type: 'audit.erased', action: 'begin-erasure', resource, details: { phase: 'intent' } });
  await destroySubjectKey(keyTable, org, body.subject);
  const purged = await index.purge(org, body.subject);
  await commit(plain, [], { type: 'audit.erased', action: 'erase', resource, details: { phase: 'outcome', purged } });
  return ok({ status: 'erased', erasedAt: at, key, purged, irrecoverableAfter: toTime(Date.parse(at) + recoveryMs) });
};
