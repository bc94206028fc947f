// Makes a kept version of a secret the one that resolves: rolling back, or forward again.

import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Secret, touched } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { Metadata } from '../schemas.ts';
import { assertChangeable, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { secretEvent } from './secret-event.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly world: World;
}

export const promoteVersion = async (
  { secrets, commit, world }: Dependencies,
  call: Call<{ n: number }, object, unknown, Secret>,
): Promise<Answer<Metadata>> => {
  const before = call.located;
  assertChangeable(before, call.ifMatch);
  if (!before.versions.includes(call.params.n)) throw notFound();
  const nowMs = world.nowMs();
  const after = touched({ ...before, current: call.params.n }, call.caller.principal, nowMs);
  const changes = [{ path: '/version', before: before.current, after: after.current }];
  await commit(call, secrets.change(before, after, meanwhile(call)), secretEvent('secret.updated', 'promote-version', after, { changes }));
  return ok(await oneShape(secrets, call.org, after, nowMs), after.revision);
};
