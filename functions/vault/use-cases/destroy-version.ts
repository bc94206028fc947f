// Destroys one version's value for good; the version that resolves cannot be destroyed.

import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { AppError, notFound } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Secret, touched } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import { assertChangeable, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { secretEvent } from './secret-event.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly world: World;
}

export const destroyVersion = async (
  { secrets, commit, world }: Dependencies,
  call: Call<{ n: number }, object, unknown, Secret>,
): Promise<Answer<never>> => {
  const before = call.located;
  const { n } = call.params;
  assertChangeable(before, call.ifMatch);
  if (!before.versions.includes(n)) throw notFound();
  if (before.current === n) throw new AppError('conflict', 'this version is the one that resolves; promote another first');
  const nowMs = world.nowMs();
  const after = touched({ ...before, versions: before.versions.filter((each) => each !== n) }, call.caller.principal, nowMs);
  const [row] = await secrets.fingerprints(call.org, [before]);
  const event = secretEvent('secret.updated', 'destroy-version', after, { details: { destroyed: n } });
  await commit(call, secrets.destruction(before, after, n, row, meanwhile(call)), event);
  return noContent();
};
