// Finds the secrets that bound names stand for, in two rounds of batch reads, and says of each other name why it cannot be resolved.
import type { Access } from '../../shared/kernel/call.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Binding, placeOf } from '../domain/binding.ts';
import { candidates, scopeAt } from '../domain/location.ts';
import { mostSpecific, type Refusal, stateRefusal } from '../domain/resolution.ts';
import type { Secret } from '../domain/secret.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { SecretReads, StoredValue, WorkspaceState } from '../ports.ts';
import { readInputs } from './demand-write.ts';

export interface Found {
  readonly secret: Secret;
  readonly stored: StoredValue;
}

export interface Refused {
  readonly name: string;
  readonly refusal: Refusal;
}

interface Asked {
  readonly ticket: Ticket;
  /** Absent: nothing is bound. */
  readonly binding: Binding | undefined;
  /** What the binding's author may do now. */
  readonly author: Access | undefined;
  readonly names: readonly string[];
  readonly state: WorkspaceState;
}

interface Dependencies {
  readonly reads: SecretReads;
  readonly world: World;
}

type Judged = { readonly name: string; readonly secret: Secret } | Refused;

/** @returns why a bound name cannot be resolved, or its secret; a refusal of the author hides the secret's state */
const judge = (name: string, secret: Secret | undefined, author: Access, nowMs: number): Judged => {
  if (secret === undefined) return { name, refusal: 'missing' };
  const { location } = secret;
  if (!author.decide('secrets', scopeAt(location), 'read', readInputs(location)).allowed) return { name, refusal: 'forbidden' };
  const refusal = stateRefusal(secret, nowMs);
  return refusal === undefined ? { name, secret } : { name, refusal };
};

export const findBound = async ({ reads, world }: Dependencies, asked: Asked): Promise<{ found: Found[]; refused: Refused[] }> => {
  const { ticket, binding, author, names, state } = asked;
  const bound = new Set(binding?.names);
  const nowMs = world.nowMs();
  const places = candidates(placeOf(ticket));
  const wanted = names.filter((name) => bound.has(name));
  const heads = await reads.at(wanted.flatMap((name) => places.map((location) => ({ name, location }))));
  const indexes = new Map(wanted.map((name, index) => [name, index]));
  const judged = names.map((name): Judged => {
    const index = indexes.get(name);
    if (index === undefined || author === undefined) return { name, refusal: 'unbound' };
    return judge(name, mostSpecific(heads.slice(index * places.length, (index + 1) * places.length)), author, nowMs);
  });
  const refused = judged.filter((each) => 'refusal' in each);
  // INVARIANT: no value is read unless every name that was asked for may be.
  if (refused.length > 0) return { found: [], refused };
  const readable = judged.filter((each) => 'secret' in each).map(({ secret }) => secret);
  const values = await reads.values(readable.map((secret) => ({ secret, version: secret.current })));
  const found: Found[] = [];
  const unreadable: Refused[] = [];
  for (const [index, secret] of readable.entries()) {
    const stored = values[index];
    if (stored === undefined) unreadable.push({ name: secret.name, refusal: 'missing' });
    else if (state.shredded.includes(stored.keyId)) unreadable.push({ name: secret.name, refusal: 'shredded' });
    else found.push({ secret, stored });
  }
  return { found, refused: unreadable };
};
