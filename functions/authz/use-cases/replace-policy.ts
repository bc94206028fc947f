// Replaces an access policy: weakening a deny needs what it uncovers.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { StoredPolicy } from '../ports.ts';
import type { policyPut } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, demandWorkspaces, matchVersion, nextVersion } from './edit.ts';
import { auditedPolicyFields, changesOfPolicy, demandCustomRoles, scopesOfPolicy, showPolicy } from './policies.ts';

export const replacePolicy = async (
  { changeAccess, models, workspaces }: AuthzDependencies,
  call: Call<{ policy: string }, object, z.infer<typeof policyPut>, { readonly id: string }>,
): Promise<Answer> => {
  const { body, located } = call;
  const policy = await changeAccess(call, async (snapshot, nowMs) => {
    const before = snapshot.policies.get(located.id);
    if (before === undefined) throw notFound();
    matchVersion(call, before);
    const { name = before.id, ...rest } = body;
    const after: StoredPolicy = { id: before.id, name, ...rest, version: nextVersion(before) };
    demandCustomRoles(snapshot, after);
    await demandWorkspaces(workspaces, call, scopesOfPolicy(body));
    return {
      writes: [models.putPolicy(call.org, after, before.version)],
      events: [
        {
          type: 'admin.policy_updated',
          action: 'replace-policy',
          resource: { type: 'policy', id: before.id },
          changes: changesBetween(before, after, auditedPolicyFields),
        },
      ],
      changes: changesOfPolicy(before, after, nowMs),
      mayClose: { putsPolicy: after },
      result: after,
    };
  });
  return ok(showPolicy(policy), policy.version);
};
