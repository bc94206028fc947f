// Lists the metadata of secrets that the caller may read, decided one by one.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { World } from '../../shared/kernel/world.ts';
import { scopeAt, scopeKind } from '../domain/location.ts';
import { type Secret, statusAt } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { Metadata, secretsQuery } from '../schemas.ts';
import { readInputs } from './demand-write.ts';
import { shapesOf } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly cursors: Cursors;
  readonly world: World;
}

type ListCall = Call<object, z.infer<typeof secretsQuery>, unknown>;

const route = 'secrets';
/** Rows of one read, whatever the limit. */
const readSize = 100;
/** Reads for one answer, at most: a filter that few rows pass answers less than a full page, with a cursor. */
const maxReads = 10;

/** Deleted secrets are listed only where the filter asks for them. */
const passes = (secret: Secret, { scope, status, namePrefix, tag, expiringBefore }: ListCall['query'], nowMs: number): boolean => {
  const now = statusAt(secret, nowMs);
  if (status === undefined ? now === 'deleted' : now !== status) return false;
  if (scope !== undefined && scopeKind(secret.location) !== scope) return false;
  if (namePrefix !== undefined && !secret.name.startsWith(namePrefix)) return false;
  if (tag !== undefined && !secret.tags.includes(tag)) return false;
  return expiringBefore === undefined || (secret.expiresAtMs !== undefined && secret.expiresAtMs < Date.parse(expiringBefore));
};

export const listSecrets = async ({ secrets, cursors, world }: Dependencies, call: ListCall): Promise<Answer<{ items: Metadata[] }>> => {
  const { org, query, access } = call;
  const nowMs = world.nowMs();
  const cursorCall = { org, caller: call.caller, query };
  const shown = (secret: Secret): boolean =>
    passes(secret, query, nowMs) && access.decide('secrets', scopeAt(secret.location), 'read', readInputs(secret.location)).allowed;
  // INVARIANT: a workspace out of reach answers as one that is not there: no page, no cursor, no time.
  if (query.workspace !== undefined && !access.reaches(query.workspace)) return ok({ items: [] });
  const found: Secret[] = [];
  let after = await cursors.open(cursorCall, route);
  for (let reads = 0; reads < maxReads; reads += 1) {
    const page = await secrets.page(org, {
      ...(query.workspace === undefined ? {} : { workspace: query.workspace }),
      ...(query.namePrefix === undefined ? {} : { namePrefix: query.namePrefix }),
      ...(after === undefined ? {} : { after }),
      limit: readSize,
    });
    const visible = page.entries.filter(({ secret }) => shown(secret));
    const taken = visible.slice(0, query.limit - found.length);
    found.push(...taken.map(({ secret }) => secret));
    after = taken.length < visible.length ? taken.at(-1)?.position : page.next;
    if (after === undefined || found.length === query.limit) break;
  }
  const items = await shapesOf(secrets, org, found, nowMs);
  return ok({ items, ...(after === undefined ? {} : { nextCursor: await cursors.seal(cursorCall, route, after) }) });
};
