import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { cognitoVerifyJwt } from '../../../functions/authz/adapters/cognito-verify-jwt.ts';

test("a user pool's access tokens are taken, and nothing else that it signs", async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const userPoolId = 'eu-central-1_TestPool1';
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const verify = cognitoVerifyJwt({ userPoolId, clientId: 'client', keySet: { keys: [jwk as never] } });
  const now = Math.floor(Date.now() / 1_000);
  const sign = (claims: object = {}) =>
    new SignJWT({
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${userPoolId}`,
      iat: now,
      exp: now + 60,
      client_id: 'client',
      token_use: 'access',
      org: 'acme',
      username: 'ada',
      origin_jti: 'session',
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(privateKey);
  expect(await verify(await sign())).toEqual({ org: 'acme', username: 'ada', session: 'session', amr: [] });
  for (const claims of [
    { iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other' },
    { client_id: 'other' },
    { token_use: 'id', aud: 'client' },
    { exp: now - 1 },
    { nbf: now + 60 },
    { org: undefined },
    { username: 7 },
  ]) {
    await expect(verify(await sign(claims))).rejects.toThrow();
  }
  await expect(verify('nonsense')).rejects.toThrow();
});
