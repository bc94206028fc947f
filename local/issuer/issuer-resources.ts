// The issuer's public documents as resources of the gateway: `/issuer/.well-known/jwks.json` and `openid-configuration`.
import { problemOf } from '../../functions/shared/http/problem.ts';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import type { App, GatewayResource } from '../gateway/resources.ts';
import type { Issuer } from './issuer.ts';

const documentApp =
  (document: () => unknown): App =>
  async ({ httpMethod, requestContext }) => {
    if (httpMethod === 'GET' || httpMethod === 'HEAD') {
      return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document()) };
    }
    const error = new AppError('method-not-allowed', 'this path takes GET', { headers: { allow: 'GET' } });
    const { status, headers, body } = problemOf(error, requestContext.requestId);
    return { statusCode: status, headers: { ...headers }, body };
  };

export const issuerResources = (issuer: Issuer): GatewayResource[] => {
  const documents = { 'jwks.json': () => issuer.keySet(), 'openid-configuration': () => issuer.configuration() };
  return Object.entries(documents).map(([name, document]) => ({
    path: `/issuer/.well-known/${name}`,
    service: 'issuer',
    app: documentApp(document),
    methods: { GET: 'public' },
  }));
};
