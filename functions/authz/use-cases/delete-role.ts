// Deletes a custom role; with `cascade`, also its assignments and tokens, and it is detached from its policies.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { AppError, notFound } from '../../shared/kernel/errors.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { type AccessChange, changesOfHeld } from '../domain/covers-grants.ts';
import type { StoredAssignment, StoredPolicy, StoredToken } from '../ports.ts';
import type { RoleItem } from '../schemas.ts';
import { heldThrough } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import type { CallFacts } from './commit-change.ts';
import { changesBetween, matchVersion, nextVersion } from './edit.ts';
import type { Snapshot } from './load-access.ts';
import { changesOfPolicy } from './policies.ts';
import { builtInRefusal } from './replace-role.ts';
import { auditedRoleFields, changesOfRole } from './roles.ts';

/** Policies that one transaction can be rid of besides its own writes. */
const maxPolicies = 80;
const sweepSize = 20;

interface Uses {
  readonly assignments: readonly StoredAssignment[];
  readonly tokens: readonly StoredToken[];
  readonly policies: readonly StoredPolicy[];
}

export const deleteRole = async (
  dependencies: AuthzDependencies,
  call: Call<{ role: string }, { cascade?: boolean | undefined }, unknown, RoleItem>,
): Promise<Answer<never>> => {
  const { changeAccess, models } = dependencies;
  const { located, query } = call;
  if (located.builtIn) throw builtInRefusal();
  const uses = await changeAccess(call, async (snapshot, nowMs) => {
    const role = snapshot.roles.get(located.id);
    if (role === undefined) throw notFound();
    matchVersion(call, role);
    const found = await usesOf(dependencies, call, snapshot, role.id);
    const inUse = found.assignments.length + found.tokens.length + found.policies.length;
    if (inUse > 0 && query.cascade !== true)
      throw new AppError('conflict', 'the role is in use; `?cascade=true` takes it from whoever holds it');
    if (found.policies.length > maxPolicies)
      throw new AppError('conflict', `detach the role from its policies first: more than ${maxPolicies} name it`);
    return {
      writes: [
        models.deleteRole(call.org, role),
        ...found.policies.map((policy) => models.putPolicy(call.org, detached(policy, role.id), policy.version)),
      ],
      events: [
        {
          type: 'admin.role_changed' as const,
          action: 'delete-role',
          resource: { type: 'role', id: role.id },
          changes: changesBetween(role, undefined, auditedRoleFields),
          ...(inUse === 0 ? {} : { details: detailsOf(found) }),
        },
      ],
      changes: [...changesOfRole(role, undefined, nowMs), ...changesOfUses(snapshot, role.id, found, call.caller.principal, nowMs)],
      result: found,
    };
  });
  // INVARIANT: assignments and tokens of a role that is gone grant nothing, also when a role of that id is made again; their rows may go later.
  await sweep(dependencies, call, uses);
  return noContent();
};

const usesOf = async (
  { assignments, tokens, model }: AuthzDependencies,
  { org }: CallFacts,
  snapshot: Snapshot,
  role: string,
): Promise<Uses> => {
  const allOf = async <T>(read: (after: string | undefined) => Promise<{ items: readonly T[]; next?: string }>): Promise<T[]> => {
    const all: T[] = [];
    for (let after: string | undefined; ; ) {
      const page = await read(after);
      all.push(...page.items);
      after = page.next;
      if (after === undefined) return all;
    }
  };
  const limit = 500;
  const held = await allOf((after) => assignments.list(org, { role }, { limit, after }));
  const issued = await allOf((after) => tokens.ofRole(org, role, { limit, after }));
  return {
    assignments: held.filter((each) => model.isLive(snapshot, each)),
    tokens: issued.filter((each) => model.isLive(snapshot, each)),
    policies: [...snapshot.policies.values()].filter(({ roles }) => roles.includes(role)),
  };
};

/** What its holders lose, denies of the role's policies included, and what its policies would no longer give or deny: each as if done alone. */
const changesOfUses = (snapshot: Snapshot, id: string, uses: Uses, writer: Principal, nowMs: number): AccessChange[] => {
  // One's own tokens, and the one in use, take nothing from others.
  const tokens = uses.tokens.filter((token) => token.createdBy !== writer && writer !== `token:${token.id}`);
  const held = [...uses.assignments, ...tokens].flatMap((each) => heldThrough(snapshot, each));
  // What is held at the same scope until the same time is weighed once.
  const distinct = new Map(held.map((each) => [`${each.scope} ${each.expiresAtMs}`, each]));
  return [
    ...changesOfHeld([...distinct.values()], 'take', nowMs),
    ...uses.policies.flatMap((policy) => changesOfPolicy(policy, detached(policy, id), nowMs)),
  ];
};

const detached = (policy: StoredPolicy, role: string): StoredPolicy => ({
  ...policy,
  roles: policy.roles.filter((id) => id !== role),
  version: nextVersion(policy),
});

/** The audit record names what fell with the role. */
const detailsOf = ({ assignments, tokens, policies }: Uses) => {
  const named = (all: readonly { readonly id: string }[]) => ({ count: all.length, ids: all.slice(0, 1_000).map(({ id }) => id) });
  return { assignments: named(assignments), tokens: named(tokens), policies: named(policies) };
};

const sweep = async ({ assignments, tokens, commit }: AuthzDependencies, call: CallFacts, uses: Uses): Promise<void> => {
  const { idempotency: _, ...rest } = call;
  for (let index = 0; index < uses.assignments.length; index += sweepSize) {
    const some = uses.assignments.slice(index, index + sweepSize);
    await commit(
      rest,
      some.flatMap((each) => assignments.delete(call.org, each)),
    );
  }
  for (const token of uses.tokens) {
    const event = {
      type: 'auth.token_revoked' as const,
      action: 'revoke-token',
      resource: { type: 'token', id: token.id, scope: token.scope },
    };
    await commit(rest, tokens.delete(call.org, token), event);
    await tokens.deletePointer(token.id);
  }
};
