// The claims that we read from a verified access token; any other kind of token is refused.
import * as z from 'zod';
import type { AccessTokenClaims } from '../ports.ts';

const claims = z.object({
  token_use: z.literal('access'),
  org: z.string(),
  username: z.string(),
  origin_jti: z.string().min(1).max(200).optional(),
  amr: z.array(z.string()).optional(),
});

/** @throws ZodError for a payload that is not one of our access tokens */
export const accessTokenClaims = (payload: unknown): AccessTokenClaims => {
  const { org, username, origin_jti: session, amr } = claims.parse(payload);
  return { org, username, ...(session === undefined ? {} : { session }), amr: amr ?? [] };
};
