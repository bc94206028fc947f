// Routes of the OpenID AuthZEN Authorization API 1.0: the same decisions, for gateways that speak it.
// https://openid.net/specs/authorization-api-1_0.html
import { org, reads, route } from './routes-common.ts';
import * as shapes from './schemas-authzen.ts';
import { describeDecisionPoint } from './use-cases/describe-decision-point.ts';
import { evaluateAccess, evaluateMany } from './use-cases/evaluate-access.ts';
import { searchActions, searchResources, searchSubjects } from './use-cases/search-access.ts';

const authzen = { method: 'POST', permission: 'member', speaks: 'authzen', event: reads } as const;
const metadata = {
  method: 'GET',
  permission: 'member',
  speaks: 'authzen',
  answers: { 200: shapes.decisionPoint },
  event: reads,
  run: describeDecisionPoint,
} as const;

export const authzenRoutes = [
  route({
    ...authzen,
    path: `${org}/access/v1/evaluation`,
    summary: 'AuthZEN: one decision',
    body: shapes.evaluation,
    answers: { 200: shapes.evaluated },
    run: evaluateAccess,
  }),
  route({
    ...authzen,
    path: `${org}/access/v1/evaluations`,
    summary: 'AuthZEN: up to 1,000 decisions, all of them or up to the first that settles it',
    body: shapes.evaluations,
    answers: { 200: shapes.allEvaluated },
    run: evaluateMany,
  }),
  route({
    ...authzen,
    path: `${org}/access/v1/search/subject`,
    summary: 'AuthZEN: the subjects that may',
    body: shapes.subjectSearch,
    answers: { 200: shapes.foundEntities },
    run: searchSubjects,
  }),
  route({
    ...authzen,
    path: `${org}/access/v1/search/resource`,
    summary: 'AuthZEN: the resources that a subject may act on',
    body: shapes.resourceSearch,
    answers: { 200: shapes.foundEntities },
    run: searchResources,
  }),
  route({
    ...authzen,
    path: `${org}/access/v1/search/action`,
    summary: 'AuthZEN: the actions that a subject may take',
    body: shapes.actionSearch,
    answers: { 200: shapes.foundActions },
    run: searchActions,
  }),
  route({ ...metadata, path: `${org}/.well-known/authzen-configuration`, summary: 'AuthZEN: where the endpoints are' }),
  // Where the standard's clients look: the well-known part stands before the identifier's own path.
  route({
    ...metadata,
    path: `/.well-known/authzen-configuration${org}`,
    summary: 'AuthZEN: where the endpoints are, at the standard address',
  }),
];
