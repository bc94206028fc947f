// A refused request becomes an `authz.denied` event, durable before the answer leaves.
import type { AppKit } from '../../shared/http/app.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { workspaceOf } from '../../shared/kernel/scope.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Table } from '../../shared/ports/table.ts';
import { eventOf, outboxPut, registerOrganization } from './commit-change.ts';

interface DenialRecording {
  readonly table: Table;
  readonly world: World;
  /** The name that the events bear. */
  readonly service: string;
  /** INVARIANT: a workspace that a caller made up gets no keys and no rows of its own. */
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

export const denialRecorder =
  ({ table, world, service, workspaceExists }: DenialRecording): AppKit['recordDenial'] =>
  async (facts, { permission, scope, reason, route }) => {
    const named = workspaceOf(scope);
    const workspace = named !== undefined && (await workspaceExists(facts.org, named)) ? named : undefined;
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
