// The routes of access control: workspaces, roles, policies, assignments, API tokens, checks.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { type Asked, type Located, type Route, routeFor } from '../shared/http/route.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier, workspaceId } from '../shared/kernel/ids.ts';
import { catalogue, impliedBy } from '../shared/kernel/permission.ts';
import { everywhere, scopeOf } from '../shared/kernel/scope.ts';
import * as shapes from './schemas.ts';
import { showAssignment } from './use-cases/assignments.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { checkPermission, checkPermissions } from './use-cases/check-permission.ts';
import { createAssignment } from './use-cases/create-assignment.ts';
import { createPolicy } from './use-cases/create-policy.ts';
import { createRole } from './use-cases/create-role.ts';
import { createToken } from './use-cases/create-token.ts';
import { createWorkspace } from './use-cases/create-workspace.ts';
import { deleteAssignment } from './use-cases/delete-assignment.ts';
import { deletePolicy } from './use-cases/delete-policy.ts';
import { deleteRole } from './use-cases/delete-role.ts';
import { deleteWorkspace } from './use-cases/delete-workspace.ts';
import { listAssignments } from './use-cases/list-assignments.ts';
import { listEffectiveGrants } from './use-cases/list-effective-grants.ts';
import { listPolicies } from './use-cases/list-policies.ts';
import { listRoles } from './use-cases/list-roles.ts';
import { listTokens } from './use-cases/list-tokens.ts';
import { listWorkspaces } from './use-cases/list-workspaces.ts';
import { showPolicy } from './use-cases/policies.ts';
import { replacePolicy } from './use-cases/replace-policy.ts';
import { replaceRole } from './use-cases/replace-role.ts';
import { revokeToken } from './use-cases/revoke-token.ts';
import { findRole } from './use-cases/roles.ts';
import { showToken } from './use-cases/tokens.ts';
import { updateWorkspace } from './use-cases/update-workspace.ts';

const route = routeFor<AuthzDependencies>();
const org = '/v1/orgs/{org}';

/** A permission of the organization as a whole. */
const iam = (action: 'read' | 'write') => ({ resource: 'iam', action, scope: '*' }) as const;
const reads = { none: 'it changes nothing' };

type OneAsked<P> = Asked<P, object, unknown>;
const found = <T>(item: T | undefined): Located<T> | undefined => (item === undefined ? undefined : { scope: everywhere, item });

const workspaceParams = z.object({ workspace: workspaceId });
const onWorkspace = (action: 'read' | 'manage') => ({
  resource: 'workspace' as const,
  action,
  scope: '{workspace}',
  at: async ({ workspaces }: AuthzDependencies, { org: of, params: { workspace } }: OneAsked<{ workspace: string }>) => {
    const item = await workspaces.get(of, workspace);
    return item && { scope: scopeOf(workspace), item };
  },
});

const roleParams = z.object({ role: identifier });
const onRole = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model }: AuthzDependencies, { org: of, params }: OneAsked<{ role: string }>) =>
    found(findRole(await model.current(of), params.role)),
});

const policyParams = z.object({ policy: identifier });
const onPolicy = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model }: AuthzDependencies, { org: of, params }: OneAsked<{ policy: string }>) =>
    found((await model.current(of)).policies.get(params.policy)),
});

const assignmentParams = z.object({ assignment: identifier });
const onAssignment = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model, assignments }: AuthzDependencies, { org: of, params }: OneAsked<{ assignment: string }>) => {
    const assignment = await assignments.get(of, params.assignment);
    return found(assignment !== undefined && model.isLive(await model.current(of), assignment) ? assignment : undefined);
  },
});

const tokenParams = z.object({ token: identifier });
const onToken = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ tokens }: AuthzDependencies, { org: of, params }: OneAsked<{ token: string }>) => found(await tokens.get(of, params.token)),
});

const workspaceRoutes = [
  route({
    method: 'GET',
    path: `${org}/workspaces`,
    summary: 'List the workspaces that you may read',
    permission: { resource: 'workspace', action: 'read', scope: '{workspace}', anywhere: true },
    query: listQuery,
    answers: { 200: pageOf(shapes.workspace) },
    event: reads,
    run: listWorkspaces,
  }),
  route({
    method: 'POST',
    path: `${org}/workspaces`,
    summary: 'Create a workspace',
    permission: { resource: 'workspace', action: 'manage', scope: '*' },
    body: shapes.workspaceBody,
    readOnly: ['version'],
    answers: { 201: shapes.workspace },
    event: { type: 'resource.created' },
    run: createWorkspace,
  }),
  route({
    method: 'GET',
    path: `${org}/workspaces/{workspace}`,
    summary: 'Read a workspace',
    permission: onWorkspace('read'),
    params: workspaceParams,
    answers: { 200: shapes.workspace },
    event: reads,
    run: async (_, { located }) => ok(located, located.version),
  }),
  route({
    method: 'PATCH',
    path: `${org}/workspaces/{workspace}`,
    summary: 'Rename a workspace or change its environments',
    permission: onWorkspace('manage'),
    params: workspaceParams,
    body: shapes.workspacePatch,
    readOnly: ['id', 'version'],
    answers: { 200: shapes.workspace },
    event: { type: 'resource.updated' },
    run: updateWorkspace,
  }),
  route({
    method: 'DELETE',
    path: `${org}/workspaces/{workspace}`,
    summary: 'Delete an empty workspace',
    permission: onWorkspace('manage'),
    params: workspaceParams,
    answers: { 204: null },
    event: { type: 'resource.deleted' },
    run: deleteWorkspace,
  }),
];

const roleRoutes = [
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

const policyRoutes = [
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

const assignmentRoutes = [
  route({
    method: 'GET',
    path: `${org}/assignments`,
    summary: 'List assignments',
    permission: iam('read'),
    query: shapes.assignmentQuery,
    answers: { 200: pageOf(shapes.assignment) },
    event: reads,
    run: listAssignments,
  }),
  route({
    method: 'POST',
    path: `${org}/assignments`,
    summary: 'Assign a role to a principal at a scope',
    permission: iam('write'),
    body: shapes.assignmentBody,
    readOnly: ['version'],
    answers: { 201: shapes.assignment },
    event: { type: 'admin.role_changed' },
    run: createAssignment,
  }),
  route({
    method: 'GET',
    path: `${org}/assignments/{assignment}`,
    summary: 'Read an assignment',
    permission: onAssignment('read'),
    params: assignmentParams,
    answers: { 200: shapes.assignment },
    event: reads,
    run: async (_, { located }) => ok(showAssignment(located), located.version),
  }),
  route({
    method: 'DELETE',
    path: `${org}/assignments/{assignment}`,
    summary: 'Take a role from a principal',
    permission: onAssignment('write'),
    params: assignmentParams,
    answers: { 204: null },
    event: { type: 'admin.role_changed' },
    run: deleteAssignment,
  }),
];

const tokenRoutes = [
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

/** The catalogue as callers see it. */
const shownCatalogue = {
  resources: Object.entries(catalogue).map(([resource, actions]) => ({ resource, actions: [...actions] })),
  implications: [{ action: 'manage', implies: impliedBy('manage').filter((action) => action !== 'manage') }],
};

const checkRoutes = [
  route({
    method: 'GET',
    path: `${org}/permissions`,
    summary: 'The catalogue of permissions',
    permission: 'member',
    answers: { 200: shapes.permissionCatalogue },
    event: reads,
    run: async () => ok(shownCatalogue),
  }),
  route({
    method: 'POST',
    path: `${org}/authz/check`,
    summary: 'Ask whether a principal holds a permission',
    permission: 'member',
    body: shapes.check,
    answers: { 200: shapes.decision },
    event: reads,
    run: checkPermission,
  }),
  route({
    method: 'POST',
    path: `${org}/authz/check-batch`,
    summary: 'Ask up to 1,000 such questions at once',
    permission: 'member',
    body: shapes.checkBatch,
    answers: { 200: z.object({ results: z.array(shapes.decision) }) },
    event: reads,
    run: checkPermissions,
  }),
  route({
    method: 'GET',
    path: `${org}/authz/effective`,
    summary: 'The grants of a principal, each with where it comes from',
    permission: 'member',
    query: shapes.effectiveQuery,
    answers: { 200: shapes.effective },
    event: reads,
    run: listEffectiveGrants,
  }),
];

export const routes: readonly Route<AuthzDependencies>[] = [
  ...workspaceRoutes,
  ...roleRoutes,
  ...policyRoutes,
  ...assignmentRoutes,
  ...tokenRoutes,
  ...checkRoutes,
];
