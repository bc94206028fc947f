// Deletes a secret: nothing resolves it from then on, and for some days it can be restored.
import type * as z from 'zod';
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import { asDeleted, type Secret, touched } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { deleteQuery } from '../schemas.ts';
import { assertChangeable, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { secretEvent } from './secret-event.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly world: World;
}

export const deleteSecret = async (
  { secrets, commit, world }: Dependencies,
  call: Call<object, z.infer<typeof deleteQuery>, unknown, Secret>,
): Promise<Answer<never>> => {
  const before = call.located;
  assertChangeable(before, call.ifMatch);
  const nowMs = world.nowMs();
  const after = touched(asDeleted(before, nowMs, call.query.recoveryDays), call.caller.principal, nowMs);
  const details = { recoverableUntil: toTime(after.recoverableUntilMs ?? nowMs) };
  await commit(call, secrets.deletion(before, after, meanwhile(call)), secretEvent('secret.deleted', 'delete-secret', after, { details }));
  return noContent();
};
