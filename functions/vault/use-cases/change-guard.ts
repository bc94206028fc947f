// What every change of a secret checks first: the caller's version, and that the secret is not deleted.
import { AppError, versionMismatch } from '../../shared/kernel/errors.ts';
import type { Secret } from '../domain/secret.ts';

/** Another request changed the same item between our read and our write. */
export const changedMeanwhile = (): AppError => new AppError('conflict', 'another request changed this at the same time; read it again');

/** @throws AppError `version-mismatch`, `conflict` for a deleted secret */
export const assertChangeable = (secret: Secret, ifMatch: number | undefined): void => {
  if (ifMatch !== undefined && ifMatch !== secret.revision) throw versionMismatch();
  if (secret.deletedAtMs !== undefined) throw new AppError('conflict', 'the secret is deleted; restore it first');
};
