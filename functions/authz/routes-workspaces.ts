// Routes of workspaces.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { workspaceId } from '../shared/kernel/ids.ts';
import { scopeOf } from '../shared/kernel/scope.ts';
import { type OneAsked, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { createWorkspace } from './use-cases/create-workspace.ts';
import { deleteWorkspace } from './use-cases/delete-workspace.ts';
import { listWorkspaces } from './use-cases/list-workspaces.ts';
import { updateWorkspace } from './use-cases/update-workspace.ts';

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

export const workspaceRoutes = [
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
