// Routes of access policies.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { found, iam, type OneAsked, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { createPolicy } from './use-cases/create-policy.ts';
import { deletePolicy } from './use-cases/delete-policy.ts';
import { listPolicies } from './use-cases/list-policies.ts';
import { showPolicy } from './use-cases/policies.ts';
import { replacePolicy } from './use-cases/replace-policy.ts';

const policyParams = z.object({ policy: identifier });
const onPolicy = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model }: AuthzDependencies, { org: of, params }: OneAsked<{ policy: string }>) =>
    found((await model.current(of)).policies.get(params.policy)),
});

export const policyRoutes = [
  route({
    method: 'GET',
    path: `${org}/policies`,
    summary: 'List access policies',
    permission: iam('read'),
    query: listQuery,
    answers: { 200: pageOf(shapes.policy) },
    event: reads,
    run: listPolicies,
  }),
  route({
    method: 'POST',
    path: `${org}/policies`,
    summary: 'Create an access policy',
    permission: iam('write'),
    body: shapes.policyBody,
    readOnly: ['version'],
    answers: { 201: shapes.policy },
    event: { type: 'admin.policy_updated' },
    run: createPolicy,
  }),
  route({
    method: 'GET',
    path: `${org}/policies/{policy}`,
    summary: 'Read an access policy',
    permission: onPolicy('read'),
    params: policyParams,
    answers: { 200: shapes.policy },
    event: reads,
    run: async (_, { located }) => ok(showPolicy(located), located.version),
  }),
  route({
    method: 'PUT',
    path: `${org}/policies/{policy}`,
    summary: 'Replace an access policy',
    permission: onPolicy('write'),
    params: policyParams,
    body: shapes.policyPut,
    readOnly: ['id', 'version'],
    answers: { 200: shapes.policy },
    event: { type: 'admin.policy_updated' },
    run: replacePolicy,
  }),
  route({
    method: 'DELETE',
    path: `${org}/policies/{policy}`,
    summary: 'Delete an access policy',
    permission: onPolicy('write'),
    params: policyParams,
    answers: { 204: null },
    event: { type: 'admin.policy_updated' },
    run: deletePolicy,
  }),
];
