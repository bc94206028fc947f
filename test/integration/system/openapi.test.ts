import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { routes as auditRoutes } from '../../../functions/audit/routes.ts';
import { routes as authzRoutes } from '../../../functions/authz/routes.ts';
import { routes as identityRoutes } from '../../../functions/identity/routes.ts';
import { routes as protectRoutes } from '../../../functions/protect/routes.ts';
import { openapiOf } from '../../../functions/shared/http/openapi.ts';
import { routes as vaultRoutes } from '../../../functions/vault/routes.ts';

const services = [
  { name: 'authz', routes: authzRoutes },
  { name: 'identity', routes: identityRoutes },
  { name: 'vault', routes: vaultRoutes },
  { name: 'protect', routes: protectRoutes },
  { name: 'audit', routes: auditRoutes },
];

test('the document of the real route tables is valid OpenAPI 3.1, and holds every route', async () => {
  const document = openapiOf(services, { title: 'Security plane', version: '1' });
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect([valid, errors]).toEqual([true, undefined]);
  const paths = document.paths as Record<string, Record<string, unknown>>;
  for (const { routes } of services) {
    for (const { method, path } of routes) {
      const documented = path.replace(/\{(\w+)\+\}/, '{$1}');
      expect([path, Object.keys(paths[documented] ?? {})]).toEqual([path, expect.arrayContaining([method.toLowerCase()])]);
    }
  }
});
