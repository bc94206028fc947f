// Writes a new version of a secret's value, which resolves from then on.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Secret, touched, withNewVersion } from '../domain/secret.ts';
import type { BranchKeys, SecretStore } from '../ports.ts';
import type { Metadata, valueBody } from '../schemas.ts';
import { assertChangeable, changedMeanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { demandEverywhere } from './demand-write.ts';
import { sealValue } from './seal-value.ts';
import { secretEvent } from './secret-event.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly branchKeys: BranchKeys;
  readonly commit: CommitChange;
  readonly world: World;
}

export const putValue = async (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof valueBody>, Secret>,
): Promise<Answer<Metadata>> => {
  const { secrets, commit, world } = dependencies;
  const before = call.located;
  demandEverywhere(call, 'write', before.location);
  assertChangeable(before, call.ifMatch);
  const nowMs = world.nowMs();
  const { next, dropped } = withNewVersion(before);
  const after = touched(next, call.caller.principal, nowMs);
  const sealed = await sealValue(dependencies, after, call.body);
  const event = secretEvent('secret.updated', 'put-secret-value', after);
  await commit(call, secrets.newValue(before, after, dropped, sealed, changedMeanwhile), event);
  return ok(await oneShape(secrets, call.org, after, nowMs), after.revision);
};
