import { expect, test } from 'vitest';
import { denialRecorder } from '../../../functions/audit/public.ts';
import { openSqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { scope } from '../../../functions/shared/kernel/scope.ts';
import { realWorld } from '../../../functions/shared/kernel/world.ts';

test('a denial names a workspace that exists, and none that the caller made up', async () => {
  const table = openSqliteTable({ path: ':memory:', clock: realWorld, name: 'main' });
  const org = orgId.parse('acme');
  const record = denialRecorder({ table, world: realWorld, service: 'test', workspaceExists: async (_, id) => id === 'support' });
  const facts = { org, caller: { org, principal: principal.parse('user:eve') }, source: {}, requestId: 'r', timeMs: 1_700_000_000_000 };
  for (const at of ['support', 'invented/app', '*']) {
    await record(facts, { permission: `apps:${at}:write`, scope: scope.parse(at), reason: 'nothing allows it', route: 'POST /apps' });
  }
  const pages = await Promise.all(Array.from({ length: 16 }, (_, shard) => table.query(org, { pk: `acme#outbox:${shard}`, limit: 10 })));
  const events = pages.flatMap(({ items }) => items.map(({ event }) => event as { workspace?: string; resource: { scope: string } }));
  const byScope = Object.fromEntries(events.map(({ workspace, resource }) => [resource.scope, workspace]));
  expect(byScope).toEqual({ support: 'support', 'invented/app': undefined, '*': undefined });
  table.close();
});
