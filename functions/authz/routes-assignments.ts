// Routes of assignments: a role given to a principal at a scope.
import * as z from 'zod';
import { pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { found, iam, type OneAsked, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import { showAssignment } from './use-cases/assignments.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { createAssignment } from './use-cases/create-assignment.ts';
import { deleteAssignment } from './use-cases/delete-assignment.ts';
import { listAssignments } from './use-cases/list-assignments.ts';

const assignmentParams = z.object({ assignment: identifier });
const onAssignment = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ model, assignments }: AuthzDependencies, { org: of, params }: OneAsked<{ assignment: string }>) => {
    const assignment = await assignments.get(of, params.assignment);
    return found(assignment !== undefined && model.isLive(await model.current(of), assignment) ? assignment : undefined);
  },
});

export const assignmentRoutes = [
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
