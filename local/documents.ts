// What the gateway serves about itself: `/openapi.json`, the page at `/docs`, and at `/` the way to them.
import { docsPage, docsSecurityPolicy } from '../functions/shared/http/docs-page.ts';
import { openapiOf } from '../functions/shared/http/openapi.ts';
import { problemOf } from '../functions/shared/http/problem.ts';
import type { Route } from '../functions/shared/http/route.ts';
import { AppError } from '../functions/shared/kernel/errors.ts';
import type { App, GatewayResource } from './gateway/resources.ts';

const served =
  (answer: { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: string }): App =>
  async ({ httpMethod, requestContext }) => {
    if (httpMethod === 'GET' || httpMethod === 'HEAD') return answer;
    const error = new AppError('method-not-allowed', 'this path takes GET', { headers: { allow: 'GET' } });
    const { status, headers, body } = problemOf(error, requestContext.requestId);
    return { statusCode: status, headers: { ...headers }, body };
  };

// biome-ignore lint/suspicious/noExplicitAny: tables of services with different dependencies stand side by side
type AnyService = { readonly name: string; readonly routes: readonly Route<any>[] };

export const documentResources = (services: readonly AnyService[]): GatewayResource[] => {
  const document = openapiOf(services, { title: 'Security plane', version: '1' });
  const resource = (path: string, app: App): GatewayResource => ({ path, service: 'documents', app, methods: { GET: 'public' } });
  const page = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': docsSecurityPolicy };
  return [
    resource('/openapi.json', served({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) })),
    resource('/docs', served({ statusCode: 200, headers: page, body: docsPage(document) })),
    resource('/', served({ statusCode: 302, headers: { location: '/docs' }, body: '' })),
  ];
};
