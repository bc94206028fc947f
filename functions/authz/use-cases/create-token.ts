// Creates an API token: shown once, kept as a hash, bounded by its creator at every check.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { AppError, invalid } from '../../shared/kernel/errors.ts';
import { type Principal, principalId, principalKind } from '../../shared/kernel/principal.ts';
import { newId } from '../../shared/kernel/world.ts';
import { apiTokenHash, apiTokenText, parseApiToken } from '../domain/api-token.ts';
import { changesOfHeld } from '../domain/covers-grants.ts';
import type { StoredToken } from '../ports.ts';
import type { tokenBody } from '../schemas.ts';
import { heldThrough } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, demandWorkspaces } from './edit.ts';
import { maxTokenChain } from './load-access.ts';
import { showToken } from './tokens.ts';

const maxLifeMs = 365 * 24 * 60 * 60 * 1_000;
const secretBytes = 32;

type TokenCall = Call<object, object, z.infer<typeof tokenBody>>;

export const createToken = async (dependencies: AuthzDependencies, call: TokenCall): Promise<Answer> => {
  const { changeAccess, tokens, workspaces, world } = dependencies;
  const { name, role, scope, expiresAt } = call.body;
  const id = newId(world);
  const text = apiTokenText(id, world.bytes(secretBytes));
  const secret = parseApiToken(text)?.secret;
  if (secret === undefined) throw new Error('a made token does not parse');
  const expiresAtMs = Date.parse(expiresAt);
  const token = await changeAccess(call, async (snapshot, nowMs) => {
    if (expiresAtMs <= nowMs) throw invalid({ pointer: '/expiresAt', detail: 'this time is over' });
    if (expiresAtMs > nowMs + maxLifeMs) throw invalid({ pointer: '/expiresAt', detail: 'a token lives at most 365 days' });
    const roleGeneration = snapshot.generation(role);
    if (roleGeneration === undefined) throw invalid({ pointer: '/role', detail: 'there is no such role' });
    await demandWorkspaces(workspaces, call, [{ scope, pointer: '/scope' }]);
    await demandShortChain(dependencies, call);
    const made: StoredToken = {
      id,
      name,
      role,
      roleGeneration,
      scope,
      expiresAtMs,
      createdAtMs: nowMs,
      createdBy: call.caller.principal,
      hash: apiTokenHash(secret),
      version: 1,
    };
    return {
      writes: tokens.put(call.org, made),
      events: [
        {
          type: 'auth.token_created',
          action: 'create-token',
          resource: { type: 'token', id, scope },
          changes: changesBetween(undefined, showToken(made), ['name', 'role', 'scope', 'expiresAt']),
        },
      ],
      changes: changesOfHeld(heldThrough(snapshot, made), 'add', nowMs),
      before: () => tokens.putPointer(id, call.org),
      result: made,
    };
  });
  return created({ ...showToken(token), token: text }, `/v1/orgs/${call.org}/tokens/${id}`, token.version);
};

const demandShortChain = async ({ tokens }: AuthzDependencies, call: TokenCall): Promise<void> => {
  let creator: Principal | undefined = call.caller.principal;
  for (let length = 0; creator !== undefined && principalKind(creator) === 'token'; length += 1) {
    if (length >= maxTokenChain - 1) throw new AppError('conflict', 'too many tokens created by tokens; let a member create this one');
    creator = (await tokens.get(call.org, principalId(creator)))?.createdBy;
  }
};
