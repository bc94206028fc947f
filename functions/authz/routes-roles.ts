// Routes of roles, built-in and custom.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { found, iam, type OneAsked, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { createRole } from './use-cases/create-role.ts';
import { deleteRole } from './use-cases/delete-role.ts';
import { listRoles } from './use-cases/list-roles.ts';
import { replaceRole } from './use-cases/replace-role.ts';
import { findRole } from './use-cases/roles.ts';

const roleParams = z.object({ role: identifier });
const onRole = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model }: AuthzDependencies, { org: of, params }: OneAsked<{ role: string }>) =>
    found(findRole(await model.current(of), params.role)),
});

export const roleRoutes = [
  route({
    method: 'GET',
    path: `${org}/roles`,
    summary: 'List roles, built-in and custom',
    permission: iam('read'),
    query: listQuery,
    answers: { 200: pageOf(shapes.role) },
    event: reads,
    run: listRoles,
  }),
  route({
    method: 'POST',
    path: `${org}/roles`,
    summary: 'Create a role',
    permission: iam('write'),
    body: shapes.roleBody,
    readOnly: ['builtIn', 'version'],
    answers: { 201: shapes.role },
    event: { type: 'admin.role_changed' },
    run: createRole,
  }),
  route({
    method: 'GET',
    path: `${org}/roles/{role}`,
    summary: 'Read a role',
    permission: onRole('read'),
    params: roleParams,
    answers: { 200: shapes.role },
    event: reads,
    run: async (_, { located }) => ok(located, located.version),
  }),
  route({
    method: 'PUT',
    path: `${org}/roles/{role}`,
    summary: 'Replace a custom role',
    permission: onRole('write'),
    params: roleParams,
    body: shapes.rolePut,
    readOnly: ['id', 'builtIn', 'version'],
    answers: { 200: shapes.role },
    event: { type: 'admin.role_changed' },
    run: replaceRole,
  }),
  route({
    method: 'DELETE',
    path: `${org}/roles/{role}`,
    summary: 'Delete a custom role; `cascade` also takes it from whoever holds it',
    permission: onRole('write'),
    params: roleParams,
    query: z.strictObject({ cascade: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional() }),
    answers: { 204: null },
    event: { type: 'admin.role_changed' },
    run: deleteRole,
  }),
];
