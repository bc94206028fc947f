// Access tokens of a Cognito user pool. https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { VerifyJwt } from '../ports.ts';
import { accessTokenClaims } from './access-token-claims.ts';

type KeySet = Parameters<ReturnType<typeof CognitoJwtVerifier.create>['cacheJwks']>[0];

/** @param keySet the pool's keys, when they are known already; else they are fetched and kept */
export const cognitoVerifyJwt = ({
  userPoolId,
  clientId,
  keySet,
}: {
  userPoolId: string;
  clientId: string;
  keySet?: KeySet;
}): VerifyJwt => {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' });
  if (keySet !== undefined) verifier.cacheJwks(keySet);
  return async (token) => accessTokenClaims(await verifier.verify(token));
};
