// Restores a deleted secret within its recovery time, with all its values.

import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError, versionMismatch } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Secret, touched } from '../domain/secret.ts';
import type { SecretStore, StoredValue } from '../ports.ts';
import type { Metadata } from '../schemas.ts';
import { assertNotImporting, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { secretEvent } from './secret-event.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly world: World;
}

export const restoreSecret = async (
  { secrets, commit, world }: Dependencies,
  call: Call<object, object, unknown, Secret>,
): Promise<Answer<Metadata>> => {
  const { org, located: before } = call;
  if (call.ifMatch !== undefined && call.ifMatch !== before.revision) throw versionMismatch();
  assertNotImporting(before);
  if (before.deletedAtMs === undefined) throw new AppError('conflict', 'the secret is not deleted');
  const rows = await secrets.values(
    org,
    before.versions.map((version) => ({ secret: before, version })),
  );
  const values = new Map<number, StoredValue>();
  for (const [index, version] of before.versions.entries()) {
    const row = rows[index];
    if (row === undefined) throw meanwhile(call)();
    values.set(version, row);
  }
  const nowMs = world.nowMs();
  const after = touched({ ...before, deletedAtMs: undefined, recoverableUntilMs: undefined }, call.caller.principal, nowMs);
  const [row] = await secrets.fingerprints(org, [before]);
  await commit(
    call,
    secrets.restoration(before, after, values, row, meanwhile(call)),
    secretEvent('secret.updated', 'restore-secret', after),
  );
  return ok(await oneShape(secrets, org, after, nowMs), after.revision);
};
