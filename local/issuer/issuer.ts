// A token issuer for one machine: access tokens with the claims of Cognito's, and the key set and metadata to verify them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { uuidv7, type World } from '../../functions/shared/kernel/world.ts';
import { issuerAlgorithm, openIssuerKey } from './key-file.ts';

export interface AccessTokenRequest {
  readonly org: string;
  readonly username: string;
  /** The sign-in that the token belongs to; becomes `origin_jti`. */
  readonly session: string;
  /** How the user proved who they are (RFC 8176); absent when that is unknown. */
  readonly amr?: readonly string[];
  /** 1 to 86,400, as Cognito allows. */
  readonly ttlSeconds: number;
  readonly clientId: string;
  /** When the user signed in; now without it. */
  readonly authTimeMs?: number;
}

export interface Issuer {
  /** The `iss` of its tokens, and the base of its metadata. */
  readonly issuer: string;
  /** @throws RangeError for a lifetime that Cognito would not grant */
  issueAccessToken(request: AccessTokenRequest): Promise<string>;
  /** RFC 7517. */
  keySet(): { readonly keys: readonly Readonly<Record<string, string>>[] };
  /** OpenID Connect Discovery 1.0, as far as this issuer goes. */
  configuration(): Readonly<Record<string, unknown>>;
}

const maxTtlSeconds = 86_400;
/** What Cognito writes for users who signed in through a user pool's own API. */
const scope = 'aws.cognito.signin.user.admin';

/** A subject as Cognito numbers users: a UUID (version 8), here made from organization and name so that it stays the same. */
const subjectOf = (org: string, username: string): string => {
  const bytes = createHash('sha256')
    .update(JSON.stringify([org, username]))
    .digest()
    .subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/**
 * @param folder the data folder, where the key lies
 * @param issuer an URL on this machine, without a slash at its end: `http://127.0.0.1:8787/issuer`
 */
export const openIssuer = async ({ folder, issuer, world }: { folder: string; issuer: string; world: World }): Promise<Issuer> => {
  const { privateKey, publicJwk } = await openIssuerKey(folder);
  return {
    issuer,
    issueAccessToken: async ({ org, username, session, amr, ttlSeconds, clientId, authTimeMs }) => {
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds) {
        throw new RangeError(`a token lives 1 to ${maxTtlSeconds} seconds`);
      }
      const issuedAt = Math.floor(world.nowMs() / 1_000);
      const claims = {
        client_id: clientId,
        token_use: 'access',
        scope,
        auth_time: authTimeMs === undefined ? issuedAt : Math.floor(authTimeMs / 1_000),
        origin_jti: session,
        username,
        org,
        ...(amr === undefined ? {} : { amr: [...amr] }),
      };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: issuerAlgorithm, kid: publicJwk.kid })
        .setIssuer(issuer)
        .setSubject(subjectOf(org, username))
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .setJti(uuidv7(world))
        .sign(privateKey);
    },
    keySet: () => ({ keys: [publicJwk] }),
    configuration: () => ({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [issuerAlgorithm],
      claims_supported: [
        'iss',
        'sub',
        'client_id',
        'token_use',
        'scope',
        'auth_time',
        'iat',
        'exp',
        'jti',
        'origin_jti',
        'username',
        'org',
        'amr',
      ],
    }),
  };
};
