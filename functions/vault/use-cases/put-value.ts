// Writes a new version of a secret's value, which resolves from then on.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { type Secret, touched, withNewVersion } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { valueBody, Written } from '../schemas.ts';
import { assertChangeable, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { beginSealing, type SealDependencies } from './seal-value.ts';
import { secretEvent } from './secret-event.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies extends SealDependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
}

export const putValue = async (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof valueBody>, Secret>,
): Promise<Answer<Written>> => {
  const { secrets, commit, world } = dependencies;
  const before = call.located;
  assertChangeable(before, call.ifMatch);
  const nowMs = world.nowMs();
  const { next, dropped } = withNewVersion(before);
  const after = touched(next, call.caller.principal, nowMs);
  const sealing = await beginSealing(dependencies, after);
  const sealed = await sealing.seal(after, call.body);
  const [row] = await secrets.fingerprints(call.org, [before]);
  const event = secretEvent('secret.updated', 'put-secret-value', after);
  await commit(call, secrets.newValue(before, after, dropped, sealed, row, meanwhile(call)), event);
  await sealing.afterwards();
  return ok({ ...(await oneShape(secrets, call.org, after, nowMs)), detectable: sealed.detectable }, after.revision);
};
