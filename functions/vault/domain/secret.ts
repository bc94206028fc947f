// A secret without its value, and what may be done with it at a given time.
import { type Location, plainLocation } from './location.ts';

/** A secret's head: all that is known of it besides the values. Times are RFC 3339 where shown, milliseconds where compared. */
export interface Secret {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly location: Location;
  readonly description?: string | undefined;
  readonly tags: readonly string[];
  readonly disabled: boolean;
  readonly expiresAtMs?: number | undefined;
  readonly deletedAtMs?: number | undefined;
  readonly recoverableUntilMs?: number | undefined;
  /** Where it may be sent; absent: anywhere. */
  readonly hosts?: readonly string[] | undefined;
  /** Nobody uses it: whoever resolves it is an alarm. Never shown. */
  readonly decoy?: true | undefined;
  /** An import that is not decided yet is writing this secret. */
  readonly importing?: string | undefined;
  /** The version that resolves. */
  readonly current: number;
  /** The highest version number ever given; numbers are never given twice. */
  readonly latest: number;
  /** Versions whose values are kept, in rising order. */
  readonly versions: readonly number[];
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
  /** Counts changes of this head: the `ETag`. */
  readonly revision: number;
}

export type SecretStatus = 'active' | 'expiring' | 'disabled' | 'expired' | 'deleted';

export const secretNamePattern = /^[A-Z][A-Z0-9_]{0,127}$/;

const dayMs = 24 * 60 * 60_000;
const expiringWithinMs = 14 * dayMs;

/** Values kept a secret; writing one more removes the oldest that is not current. */
export const maxVersionsKept = 50;

export const recovery = { minDays: 7, maxDays: 30 } as const;

export const statusAt = (secret: Pick<Secret, 'disabled' | 'expiresAtMs' | 'deletedAtMs'>, nowMs: number): SecretStatus => {
  if (secret.deletedAtMs !== undefined) return 'deleted';
  if (secret.disabled) return 'disabled';
  if (secret.expiresAtMs === undefined) return 'active';
  if (secret.expiresAtMs <= nowMs) return 'expired';
  return secret.expiresAtMs - nowMs <= expiringWithinMs ? 'expiring' : 'active';
};

/** @returns the head with its values' next version, and the versions that fall out */
export const withNewVersion = (secret: Secret): { readonly next: Secret; readonly dropped: readonly number[] } => {
  const latest = secret.latest + 1;
  const dropped = secret.versions.filter((n) => n !== secret.current).slice(0, Math.max(0, secret.versions.length + 1 - maxVersionsKept));
  const versions = [...secret.versions.filter((n) => !dropped.includes(n)), latest];
  return { next: { ...secret, current: latest, latest, versions }, dropped };
};

/** @returns the head marked deleted, recoverable for so many days */
export const asDeleted = (secret: Secret, nowMs: number, recoveryDays: number): Secret => ({
  ...secret,
  deletedAtMs: nowMs,
  recoverableUntilMs: nowMs + recoveryDays * dayMs,
});

/** @returns the head as a change by somebody leaves it */
export const touched = (secret: Secret, by: string, nowMs: number): Secret => ({
  ...secret,
  updatedAtMs: nowMs,
  updatedBy: by,
  revision: secret.revision + 1,
});

/** Names a secret's place in errors and records: `support/bot/eu (production)`. */
export const placeText = (location: Location): string => {
  const { workspace, app, namespace, environment } = plainLocation(location);
  const path = [workspace, app, namespace].filter((part) => part !== undefined).join('/');
  return environment === undefined ? path : `${path} (${environment})`;
};
