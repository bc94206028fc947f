// Begins an execution of a pipeline: a ticket that fixes who, where, and what may be resolved.
import type * as z from 'zod';
import type { Answer, Call } from '../../shared/kernel/call.ts';
import { invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { scopeOf } from '../../shared/kernel/scope.ts';
import { newId, toTime, type World } from '../../shared/kernel/world.ts';
import type { OrgKeys } from '../../shared/org-keys.ts';
import { appliesIn } from '../domain/binding.ts';
import { sealTicket, type Ticket, ticketLifeMs } from '../domain/ticket.ts';
import type { BindingStore } from '../ports.ts';
import type { executionBody, executionShape } from '../schemas.ts';
import type { CommitChange } from './commit-change.ts';

interface Dependencies {
  readonly bindings: BindingStore;
  readonly commit: CommitChange;
  readonly orgKeys: OrgKeys;
  readonly world: World;
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

type StartCall = Call<object, object, z.infer<typeof executionBody>>;

export const startExecution = async (
  { bindings, commit, orgKeys, world, workspaceExists }: Dependencies,
  call: StartCall,
): Promise<Answer<z.input<typeof executionShape>>> => {
  const { org, caller, body } = call;
  const { workspace, pipeline, environment, step } = body;
  if (!(await workspaceExists(org, workspace))) throw invalid({ pointer: '/workspace', detail: 'there is no such workspace' });
  const bound = await bindings.get(org, workspace, pipeline);
  const binding = bound !== undefined && appliesIn(bound, environment) ? bound : undefined;
  const ticket: Ticket = {
    org,
    caller: caller.principal,
    workspace,
    pipeline,
    ...(binding === undefined ? {} : { binding: binding.revision }),
    environment,
    ...(binding?.app === undefined ? {} : { app: binding.app, namespace: binding.namespace }),
    ...(step === undefined ? {} : { step }),
    execution: newId(world),
    expiresAtMs: world.nowMs() + ticketLifeMs,
  };
  const text = sealTicket(await orgKeys(org, 'tickets'), ticket);
  const expiresAt = toTime(ticket.expiresAtMs);
  await commit(call, [], {
    type: 'resource.created',
    action: 'start-execution',
    workspace,
    resource: { type: 'execution', id: ticket.execution, scope: scopeOf(workspace) },
    details: { pipeline, environment, ...(step === undefined ? {} : { step }), expiresAt },
  });
  return { status: 201, body: { ticket: text, execution: ticket.execution, expiresAt } };
};
