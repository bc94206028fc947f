// Creates an access policy and attaches it to roles.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { alreadyExists } from '../../shared/kernel/errors.ts';
import { newId } from '../../shared/kernel/world.ts';
import type { StoredPolicy } from '../ports.ts';
import type { policyBody } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, demandWorkspaces } from './edit.ts';
import { auditedPolicyFields, changesOfPolicy, demandCustomRoles, scopesOfPolicy, showPolicy } from './policies.ts';

export const createPolicy = async (
  { changeAccess, models, workspaces, world }: AuthzDependencies,
  call: Call<object, object, z.infer<typeof policyBody>>,
): Promise<Answer> => {
  const { id = newId(world), name = id, ...rest } = call.body;
  const policy: StoredPolicy = { id, name, ...rest, version: 1 };
  await changeAccess(call, async (snapshot, nowMs) => {
    if (snapshot.policies.has(id)) throw alreadyExists('policy');
    demandCustomRoles(snapshot, policy);
    await demandWorkspaces(workspaces, call, scopesOfPolicy(call.body));
    return {
      writes: [models.putPolicy(call.org, policy, 'new')],
      events: [
        {
          type: 'admin.policy_updated',
          action: 'create-policy',
          resource: { type: 'policy', id },
          changes: changesBetween(undefined, policy, auditedPolicyFields),
        },
      ],
      changes: changesOfPolicy(undefined, policy, nowMs),
      mayClose: { putsPolicy: policy },
      result: undefined,
    };
  });
  return created(showPolicy(policy), `/v1/orgs/${call.org}/policies/${id}`, policy.version);
};
