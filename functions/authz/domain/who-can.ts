// Who a permission is allowed to, without asking everybody: only principals that hold a role which bears on it there are decided.
import type { Decision, DecisionInputs } from '../../shared/kernel/decision.ts';
import type { Permission } from '../../shared/kernel/permission.ts';
import { type Principal, principalKind } from '../../shared/kernel/principal.ts';
import { covers, everywhere, type Scope } from '../../shared/kernel/scope.ts';
import { type CompiledRole, compileGrants, type HeldRole } from './compile-grants.ts';
import { decidePermission } from './decide.ts';
import { decideFor, type Holder } from './holder.ts';
import { namedNumbers } from './permission-numbers.ts';

/** A role that somebody holds, with whoever it was given to: a group's holding is its members' too. */
export interface Holding {
  readonly principal: Principal;
  readonly held: HeldRole;
}

/** What is known of a principal besides what it holds. */
export interface DirectoryEntry {
  /** Why nothing counts: suspended, removed, revoked. */
  readonly inactive?: string;
  readonly groups?: readonly Principal[];
  readonly attributes?: Readonly<Record<string, string>>;
  /** Tokens: their end, and who made them. */
  readonly expiresAtMs?: number;
  readonly creator?: Principal;
}

/** All of an organization that bears on access, at one version. */
export interface Directory {
  readonly roles: readonly CompiledRole[];
  /** By role and by the scope that it was given at. */
  readonly holdings: ReadonlyMap<string, ReadonlyMap<Scope, readonly Holding[]>>;
  /** A principal without an entry is nobody that we keep a record of: what it holds counts as it stands. */
  readonly entries: ReadonlyMap<Principal, DirectoryEntry>;
  /** Members by group. */
  readonly members: ReadonlyMap<Principal, readonly Principal[]>;
  readonly maxTokenChain: number;
}

export interface Allowed {
  readonly principal: Principal;
  readonly decision: Decision;
}

/** The scope and all that contain it, up to `*`. */
const pathOf = (scope: Scope): readonly Scope[] => {
  const path: Scope[] = [scope];
  for (let at: string = scope; at.includes('/'); ) {
    at = at.slice(0, at.lastIndexOf('/'));
    path.push(at as Scope);
  }
  return scope === everywhere ? path : [...path, everywhere];
};

/** What each principal was given that bears on the permission, and who holds an allow among it. */
const bearing = ({ roles, holdings }: Directory, { resource, scope, action }: Permission) => {
  const numbers = namedNumbers(resource, action);
  const path = pathOf(scope);
  const given = new Map<Principal, HeldRole[]>();
  const allowing = new Set<Principal>();
  for (const role of roles) {
    const grants = role.grants.filter((grant) => covers(grant.scope, scope) && numbers.some((number) => grant.numbers.has(number)));
    if (grants.length === 0) continue;
    const allows = grants.some(({ effect }) => effect === 'allow');
    for (const at of path) {
      for (const { principal, held } of holdings.get(role.id)?.get(at) ?? []) {
        const list = given.get(principal);
        if (list === undefined) given.set(principal, [held]);
        else list.push(held);
        if (allows) allowing.add(principal);
      }
    }
  }
  return { given, allowing };
};

const candidatesOf = ({ members }: Directory, allowing: ReadonlySet<Principal>): ReadonlySet<Principal> => {
  const candidates = new Set(allowing);
  for (const principal of allowing) {
    if (principalKind(principal) !== 'group') continue;
    for (const member of members.get(principal) ?? []) candidates.add(member);
  }
  return candidates;
};

/**
 * @param inputs of conditions, for each principal alike; what is absent is missing
 * @returns everybody that the permission is allowed to, groups and their members alike, in the order of their names
 */
export const whoCan = (directory: Directory, permission: Permission, inputs: DecisionInputs): Allowed[] => {
  const { given, allowing } = bearing(directory, permission);
  const { entries, maxTokenChain } = directory;

  const holderOf = (principal: Principal, depth: number): Holder => {
    const { inactive, groups = [], attributes, expiresAtMs, creator } = entries.get(principal) ?? {};
    const kind = principalKind(principal);
    const lost = kind === 'token' && (creator === undefined || depth > maxTokenChain) ? 'the token was revoked' : inactive;
    if (lost !== undefined) return { principal, grants: compileGrants([]), inactive: lost };
    const own = given.get(principal) ?? [];
    const held = groups.length === 0 ? own : [...own, ...groups.flatMap((group) => given.get(group) ?? [])];
    return {
      principal,
      grants: compileGrants(held),
      ...(attributes === undefined ? {} : { attributes }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(creator === undefined ? {} : { creator: holderOf(creator, depth + 1) }),
    };
  };

  const allowed: Allowed[] = [];
  for (const principal of candidatesOf(directory, allowing)) {
    const holder = holderOf(principal, 0);
    const decision = decidePermission(permission, (resource, at, action) => decideFor(holder, resource, at, action, inputs));
    if (decision.allowed) allowed.push({ principal, decision });
  }
  return allowed.sort((a, b) => (a.principal < b.principal ? -1 : 1));
};
