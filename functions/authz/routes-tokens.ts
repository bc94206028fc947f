// Routes of API tokens.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { found, iam, type OneAsked, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { createToken } from './use-cases/create-token.ts';
import { listTokens } from './use-cases/list-tokens.ts';
import { revokeToken } from './use-cases/revoke-token.ts';
import { showToken } from './use-cases/tokens.ts';

const tokenParams = z.object({ token: identifier });
const onToken = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ tokens }: AuthzDependencies, { org: of, params }: OneAsked<{ token: string }>) => found(await tokens.get(of, params.token)),
});

export const tokenRoutes = [
  route({
    method: 'GET',
    path: `${org}/tokens`,
    summary: 'List API tokens',
    permission: iam('read'),
    query: listQuery,
    answers: { 200: pageOf(shapes.token) },
    event: reads,
    run: listTokens,
  }),
  route({
    method: 'POST',
    path: `${org}/tokens`,
    summary: 'Create an API token; its text is shown once',
    permission: iam('write'),
    body: shapes.tokenBody,
    readOnly: ['id', 'version', 'lastUsedAt', 'createdAt', 'createdBy'],
    oneTime: ['token'],
    answers: { 201: shapes.createdToken },
    event: { type: 'auth.token_created' },
    run: createToken,
  }),
  route({
    method: 'GET',
    path: `${org}/tokens/{token}`,
    summary: 'Read an API token, never its secret',
    permission: onToken('read'),
    params: tokenParams,
    answers: { 200: shapes.token },
    event: reads,
    run: async ({ tokens }, { org: of, located }) => {
      const [lastUsedAtMs] = await tokens.lastUsed(of, [located.id]);
      return ok(showToken(located, lastUsedAtMs), located.version);
    },
  }),
  route({
    method: 'DELETE',
    path: `${org}/tokens/{token}`,
    summary: 'Revoke an API token',
    permission: onToken('write'),
    params: tokenParams,
    answers: { 204: null },
    event: { type: 'auth.token_revoked' },
    run: revokeToken,
  }),
];
