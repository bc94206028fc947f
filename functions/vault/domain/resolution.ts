// Which secret a name stands for: the most specific that exists, whatever its state; it never gives way to a less specific one.
import { type Secret, statusAt } from './secret.ts';

/** Why a name cannot be resolved. */
export type Refusal = 'unbound' | 'missing' | 'disabled' | 'expired' | 'deleted' | 'forbidden' | 'shredded';

const sentences: Readonly<Record<Refusal, string>> = {
  unbound: 'is not bound to this pipeline in this environment',
  missing: 'does not exist where this execution looks, or its value was destroyed',
  disabled: 'is disabled at its most specific location',
  expired: 'has expired at its most specific location',
  deleted: 'is deleted at its most specific location',
  shredded: "cannot be read by anybody: its workspace's keys were shredded",
  forbidden: "may not be read by the binding's author",
};

/** @returns a sentence that is safe to show */
export const refusalText = (name: string, refusal: Refusal): string => `\`${name}\` ${sentences[refusal]}`;

/** @param found what stands at each candidate location, the most specific first */
export const mostSpecific = (found: readonly (Secret | undefined)[]): Secret | undefined => found.find((secret) => secret !== undefined);

/** @returns why a secret in this state gives no value, or undefined when it does */
export const stateRefusal = (secret: Secret | undefined, nowMs: number): Refusal | undefined => {
  if (secret === undefined) return 'missing';
  const status = statusAt(secret, nowMs);
  if (status === 'deleted' || status === 'disabled' || status === 'expired') return status;
  return secret.versions.includes(secret.current) ? undefined : 'missing';
};
