// Usage records: what is kept of each decision for a day's count, and no more. An address is kept as its network, attributes as a digest.
import { createHash } from 'node:crypto';
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { chainOf, type Holder } from './holder.ts';
import { parseIp } from './ip-range.ts';
import { lru } from './lru.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** Stands for an hour that was not kept: the decision was asked for another day than the one it was asked on. */
export const unkeptHour = 24;
/** How long usage records live. */
export const usageKeptDays = 400;

/** What a decision was: `used` by the principal itself, or `asked` about it by somebody else. */
export type UsageKind = 'used' | 'asked';

/** What is kept of a decision's condition inputs, its hour aside. */
export interface KeptFacts {
  readonly environment?: string | undefined;
  readonly mfa?: boolean | undefined;
  /** The network of the source address (IPv4 /24, IPv6 /48), absent where there was no address. */
  readonly network?: string | undefined;
  /** Digest of the attributes of the principal and of its creators; empty for none. */
  readonly attributes: string;
}

/** A permission at a scope, by its number in the catalogue. */
export interface UsedPermission {
  readonly number: number;
  readonly scope: Scope;
}

/** One row of usage: decisions of a day that differ in nothing but their hour. */
export interface UsageRow {
  /** Days since the Unix epoch, UTC. */
  readonly day: number;
  readonly principal: Principal;
  /** Undefined: decisions beyond what is told apart for one principal a day. */
  readonly permission: UsedPermission | undefined;
  readonly allowed: boolean;
  readonly kind: UsageKind;
  readonly facts: KeptFacts;
  /** By hour of the day (UTC), and {@link unkeptHour}; hours without decisions are left out. */
  readonly hours: readonly (readonly [hour: number, count: number])[];
  /** Milliseconds since the Unix epoch. */
  readonly lastMs: number;
}

export const dayOf = (timeMs: number): number => Math.floor(timeMs / dayMs);

const digestLength = 8;
const mappedV4 = 0xffff;
const networks = lru<string, string>(10_000);

const makeNetwork = (ip: string): string => {
  const groups = parseIp(ip);
  if (groups === undefined) return '';
  const [a = 0, b = 0, c = 0, d = 0, e = 0, mapped = 0, high = 0, low = 0] = groups;
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && mapped === mappedV4) {
    return `${high >> 8}.${high & 255}.${low >> 8}.0/24`;
  }
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}::/48`;
};

/** @returns the network that is kept of an address: IPv4 /24, IPv6 /48, which name no household; undefined for no address */
export const networkOf = (ip: string | undefined): string | undefined => {
  if (ip === undefined) return undefined;
  const known = networks.get(ip);
  if (known !== undefined) return known || undefined;
  const made = makeNetwork(ip);
  networks.set(ip, made);
  return made || undefined;
};

const isEmpty = (attributes: Readonly<Record<string, string>> | undefined): boolean =>
  attributes === undefined || Object.keys(attributes).length === 0;

/** @param given attributes that a question lays over those of the record; @returns '' where nobody of the chain has any */
export const attributesDigest = (holder: Holder, given?: Readonly<Record<string, string>>): string => {
  const chain = chainOf(holder);
  if (isEmpty(given) && chain.every(({ attributes }) => isEmpty(attributes))) return '';
  const sorted = chain.map(({ attributes }, index) =>
    Object.entries({ ...attributes, ...(index === 0 ? given : {}) }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return createHash('sha256')
    .update(JSON.stringify([holder.principal, sorted]))
    .digest('base64url')
    .slice(0, digestLength);
};

/** @returns what is kept of a decision's inputs */
export const factsOf = (holder: Holder, inputs: DecisionInputs): KeptFacts => ({
  environment: inputs.environment,
  mfa: inputs.mfa,
  network: networkOf(inputs.ip),
  attributes: attributesDigest(holder, inputs.attributes),
});

/** @param nowMs when the decision was made; @returns its hour of that day, {@link unkeptHour} where it was asked for another day */
export const hourOf = (timeMs: number | undefined, nowMs: number): number =>
  timeMs === undefined || dayOf(timeMs) !== dayOf(nowMs) ? unkeptHour : Math.floor((timeMs - dayOf(timeMs) * dayMs) / hourMs);
