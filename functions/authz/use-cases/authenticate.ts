// Who a bearer credential stands for: an API token by its hash, or a member by an access token. Read anew each time.
import { timingSafeEqual } from 'node:crypto';
import type { MemberStore } from '../../identity/public.ts';
import type { Caller } from '../../shared/kernel/call.ts';
import { identifier, type OrgId, orgId } from '../../shared/kernel/ids.ts';
import { type Principal, principal, principalId, principalKind } from '../../shared/kernel/principal.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import { apiTokenHash, parseApiToken } from '../domain/api-token.ts';
import type { TokenStore, VerifyJwt } from '../ports.ts';
import { maxTokenChain } from './load-access.ts';

export interface AuthenticateDependencies {
  readonly tokens: TokenStore;
  readonly members: MemberStore;
  readonly verifyJwt: VerifyJwt;
  readonly clock: Clock;
  /** Values of `amr` (RFC 8176) that prove a second factor. */
  readonly mfaMethods: ReadonlySet<string>;
  /** Told of each token that is used; never in the way. */
  readonly tokenUsed: (org: OrgId, id: string) => Promise<void>;
}

export const defaultMfaMethods: ReadonlySet<string> = new Set(['mfa', 'otp', 'hwk', 'swk', 'sms']);

/** One error for every bad credential; the cause is for the log. */
class BadCredential extends Error {}

const refuse = (why: string): never => {
  throw new BadCredential(why);
};

/** @throws for anything that is not a credential that counts now */
export const authenticate = (dependencies: AuthenticateDependencies, credential: string): Promise<Caller> =>
  credential.startsWith('mm_') ? withApiToken(dependencies, credential) : withJwt(dependencies, credential);

const withApiToken = async (dependencies: AuthenticateDependencies, credential: string): Promise<Caller> => {
  const { tokens, clock, tokenUsed } = dependencies;
  const parsed = parseApiToken(credential) ?? refuse('the checksum is wrong');
  const org = (await tokens.organizationOf(parsed.id)) ?? refuse('there is no such token');
  const token = (await tokens.get(org, parsed.id)) ?? refuse('the token was revoked');
  if (!timingSafeEqual(token.hash, apiTokenHash(parsed.secret))) refuse('the secret is wrong');
  if (clock.nowMs() >= token.expiresAtMs) refuse('the token has ended');
  await demandCreator(dependencies, org, token.createdBy);
  await tokenUsed(org, token.id);
  return { org, principal: principal.parse(`token:${token.id}`), tokenId: token.id, name: token.name };
};

/** A token counts only while whoever created it does. */
const demandCreator = async ({ tokens, members, clock }: AuthenticateDependencies, org: OrgId, creator: Principal): Promise<void> => {
  let at = creator;
  for (let length = 0; length <= maxTokenChain; length += 1) {
    if (principalKind(at) === 'user') {
      const member = await members.lookUp(org, principalId(at));
      if (typeof member !== 'object' || member.status !== 'active') refuse('the creator is not an active member');
      return;
    }
    const token = principalKind(at) === 'token' ? await tokens.get(org, principalId(at)) : undefined;
    if (token === undefined || clock.nowMs() >= token.expiresAtMs) return refuse('the creating token does not count any more');
    at = token.createdBy;
  }
  refuse('too many tokens created by tokens');
};

const withJwt = async ({ members, verifyJwt, mfaMethods }: AuthenticateDependencies, credential: string): Promise<Caller> => {
  const claims = await verifyJwt(credential);
  const org = orgId.parse(claims.org);
  const user = identifier.parse(claims.username);
  const member = await members.lookUp(org, user);
  if (typeof member !== 'object' || member.status !== 'active') return refuse('there is no such active member');
  return {
    org,
    principal: principal.parse(`user:${user}`),
    ...(claims.session === undefined ? {} : { session: claims.session }),
    name: member.name,
    email: member.email,
    ...(claims.amr.some((method) => mfaMethods.has(method)) ? { mfa: true } : {}),
  };
};
