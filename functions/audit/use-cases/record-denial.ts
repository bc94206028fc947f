// A refused request becomes an `authz.denied` event, durable before the answer leaves.
import type { AppKit } from '../../shared/http/app.ts';
import { workspaceOf } from '../../shared/kernel/scope.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Table } from '../../shared/ports/table.ts';
import { eventOf, outboxPut, registerOrganization } from './commit-change.ts';

/** @param service the name that the events bear */
export const denialRecorder =
  ({ table, world, service }: { table: Table; world: World; service: string }): AppKit['recordDenial'] =>
  async (facts, { permission, scope, reason, route }) => {
    const workspace = workspaceOf(scope);
    const event = eventOf(facts, service, world, {
      type: 'authz.denied',
      action: 'refuse',
      ...(workspace === undefined ? {} : { workspace }),
      resource: { type: permission.slice(0, permission.indexOf(':')), id: permission, scope },
      outcome: 'denied',
      reason,
      details: { route },
    });
    await registerOrganization(table, facts.org);
    await table.transact(facts.org, [outboxPut(event)]);
  };
