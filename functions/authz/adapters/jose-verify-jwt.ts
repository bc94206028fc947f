// Access tokens of any issuer with a JSON Web Key Set (RFC 7517, RFC 7519), with the claims that Cognito's access tokens have.
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Clock } from '../../shared/kernel/world.ts';
import type { VerifyJwt } from '../ports.ts';
import { accessTokenClaims } from './access-token-claims.ts';

/** Signatures only: no `none`, no shared secrets. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * @param keySet the issuer's keys, or where to fetch them: HTTPS, or HTTP on this machine
 * @param clientId the only client whose tokens are taken; where a token names an audience, that must be it too
 */
export const joseVerifyJwt = ({
  keySet,
  issuer,
  clientId,
  clock,
}: {
  keySet: JSONWebKeySet | URL;
  issuer: string;
  clientId: string;
  clock: Clock;
}): VerifyJwt => {
  if (keySet instanceof URL && keySet.protocol !== 'https:' && !loopback.has(keySet.hostname)) {
    throw new Error('a key set is fetched over HTTPS, or from this machine');
  }
  const keys = keySet instanceof URL ? createRemoteJWKSet(keySet) : createLocalJWKSet(keySet);
  return async (token) => {
    if (typeof decodeProtectedHeader(token).kid !== 'string') throw new Error('the token names no key');
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      algorithms,
      currentDate: new Date(clock.nowMs()),
      requiredClaims: ['exp', 'iat'],
    });
    if (payload.client_id !== clientId) throw new Error('the token is for another client');
    if (payload.aud !== undefined && payload.aud !== clientId) throw new Error('the token is for another audience');
    return accessTokenClaims(payload);
  };
};
