// What every change of a secret checks first: the caller's version, and that the secret is not deleted.
import { AppError, invalid, versionMismatch } from '../../shared/kernel/errors.ts';
import type { Secret } from '../domain/secret.ts';

/** Another request changed the same item between our read and our write. */
export const changedMeanwhile = (): AppError => new AppError('conflict', 'another request changed this at the same time; read it again');

/** The same, told as a version that no longer matches to whoever named one. */
export const meanwhile =
  ({ ifMatch }: { readonly ifMatch?: number }): (() => AppError) =>
  () =>
    ifMatch === undefined ? changedMeanwhile() : versionMismatch();

/** @throws AppError `conflict` while an import is writing the secret */
export const assertNotImporting = (secret: Secret): void => {
  if (secret.importing !== undefined) throw new AppError('conflict', 'an import is writing this secret; try again in a while');
};

/** @throws AppError `version-mismatch`, `conflict` for a deleted secret */
export const assertChangeable = (secret: Secret, ifMatch: number | undefined): void => {
  if (ifMatch !== undefined && ifMatch !== secret.revision) throw versionMismatch();
  assertNotImporting(secret);
  if (secret.deletedAtMs !== undefined) throw new AppError('conflict', 'the secret is deleted; restore it first');
};

/** The workspace that a location names is not there, or went meanwhile. */
export const noSuchWorkspace = (): AppError => invalid({ pointer: '/location/workspace', detail: 'there is no such workspace' });
