// The laptop's stop: what was counted until then is in the table, and nothing is noted as waiting.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from '../../../examples/server.ts';
import { tableUsageStore } from '../../../functions/authz/adapters/table-usage-store.ts';
import { dayOf } from '../../../functions/authz/domain/usage.ts';
import { openSqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';

test('a clean stop loses no decision, of whichever service', { timeout: 60_000 }, async () => {
  const server = await startServer(join(import.meta.dirname, '..', '..', '..'));
  const startedDay = dayOf(Date.now());
  try {
    const headers = { authorization: `Bearer ${server.tokens.admin}`, 'content-type': 'application/json' };
    const asks = Array.from({ length: 150 }, (_, index) => ({
      permission: index % 2 === 0 ? 'apps:support:read' : `tools:place${index}:read`,
    }));
    for (let sent = 0; sent < 4; sent += 1) {
      const reply = await fetch(`${server.url}/v1/orgs/acme/authz/check-batch`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ checks: asks }),
      });
      expect(reply.status).toBe(200);
    }
    expect((await fetch(`${server.url}/v1/orgs/acme/members`, { headers })).status).toBe(200);
    await server.stop();
    const clock = { nowMs: () => Date.now() };
    const table = openSqliteTable({ path: join(server.folder, 'table.sqlite'), clock, name: 'main' });
    const org = orgId.parse('acme');
    let counted = 0;
    const store = tableUsageStore(table);
    for (const day of new Set([startedDay, dayOf(Date.now())])) {
      for await (const page of store.rows(org, day)) for (const { hours } of page) for (const [, count] of hours) counted += count;
    }
    expect(counted).toBe(601);
    expect((await store.notes(org)).waiting).toEqual([]);
    table.close();
  } finally {
    await server.stop();
    server.remove();
  }
});
