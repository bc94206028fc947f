// Routes that answer what is allowed: the catalogue, checks, effective grants.
import * as z from 'zod';
import { pageOf } from '../shared/http/list.ts';
import { ok } from '../shared/kernel/call.ts';
import { catalogue, impliedBy } from '../shared/kernel/permission.ts';
import { iam, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas.ts';
import { checkPermission, checkPermissions } from './use-cases/check-permission.ts';
import { listEffectiveGrants } from './use-cases/list-effective-grants.ts';
import { listWhoCan } from './use-cases/list-who-can.ts';

/** The catalogue as callers see it. */
const shownCatalogue = {
  resources: Object.entries(catalogue).map(([resource, actions]) => ({ resource, actions: [...actions] })),
  implications: [{ action: 'manage', implies: impliedBy('manage').filter((action) => action !== 'manage') }],
};

export const decisionRoutes = [
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
  route({
    method: 'GET',
    path: `${org}/authz/who-can`,
    summary: 'The principals that a permission is allowed to, each with why',
    permission: iam('read'),
    query: shapes.whoCanQuery,
    answers: { 200: pageOf(shapes.allowedPrincipal) },
    event: reads,
    run: listWhoCan,
  }),
];
