// Routes that look back at recorded decisions: what a change would flip, what was granted and not used.
import { iam, org, reads, route } from './routes-common.ts';
import * as shapes from './schemas-usage.ts';
import { listUnused } from './use-cases/list-unused.ts';
import { simulateChange } from './use-cases/simulate-change.ts';

export const usageRoutes = [
  route({
    method: 'POST',
    path: `${org}/authz/simulate`,
    summary: 'Replay recorded decisions against a change of access, without making it',
    permission: iam('read'),
    body: shapes.simulate,
    answers: { 200: shapes.simulated },
    event: reads,
    run: simulateChange,
  }),
  route({
    method: 'GET',
    path: `${org}/authz/unused`,
    summary: 'What was granted and not used, with a tighter role',
    permission: iam('read'),
    query: shapes.unusedQuery,
    answers: { 200: shapes.unused },
    event: reads,
    run: listUnused,
  }),
];
