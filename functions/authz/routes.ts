// The routes of access control: workspaces, roles, policies, assignments, API tokens, decisions.
import type { Route } from '../shared/http/route.ts';
import { assignmentRoutes } from './routes-assignments.ts';
import { authzenRoutes } from './routes-authzen.ts';
import { decisionRoutes } from './routes-decisions.ts';
import { policyRoutes } from './routes-policies.ts';
import { roleRoutes } from './routes-roles.ts';
import { tokenRoutes } from './routes-tokens.ts';
import { usageRoutes } from './routes-usage.ts';
import { workspaceRoutes } from './routes-workspaces.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';

export const routes: readonly Route<AuthzDependencies>[] = [
  ...workspaceRoutes,
  ...roleRoutes,
  ...policyRoutes,
  ...assignmentRoutes,
  ...tokenRoutes,
  ...decisionRoutes,
  ...usageRoutes,
  ...authzenRoutes,
];
