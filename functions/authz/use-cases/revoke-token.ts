// Revokes an API token: it is refused from the next request on.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import { changesOfHeld } from '../domain/covers-grants.ts';
import type { StoredToken } from '../ports.ts';
import { heldThrough } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, matchVersion } from './edit.ts';
import { showToken } from './tokens.ts';

export const revokeToken = async (
  { changeAccess, tokens, model }: AuthzDependencies,
  call: Call<{ token: string }, object, unknown, StoredToken>,
): Promise<Answer<never>> => {
  const { principal } = call.caller;
  await changeAccess(call, async (snapshot, nowMs) => {
    const found = await tokens.get(call.org, call.located.id);
    if (found === undefined) throw notFound();
    matchVersion(call, found);
    // One's own tokens, and the one in use, take nothing from others.
    const own = found.createdBy === principal || principal === `token:${found.id}`;
    return {
      writes: tokens.delete(call.org, found),
      events: [
        {
          type: 'auth.token_revoked',
          action: 'revoke-token',
          resource: { type: 'token', id: found.id, scope: found.scope },
          changes: changesBetween(showToken(found), undefined, ['name', 'role', 'scope', 'expiresAt']),
        },
      ],
      changes: own || !model.isLive(snapshot, found) ? [] : changesOfHeld(heldThrough(snapshot, found), 'take', nowMs),
      result: undefined,
    };
  });
  await tokens.deletePointer(call.located.id);
  return noContent();
};
