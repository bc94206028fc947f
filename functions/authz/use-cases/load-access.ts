// Access as it stands: compiled roles and holders, cached by the organization's access version, which is read consistently each time.

import type { MemberStore } from '../../identity/public.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { type Principal, principalId, principalKind, principal as principalSchema } from '../../shared/kernel/principal.ts';
import { builtInRole } from '../domain/built-in-roles.ts';
import { type CompiledRole, compileGrants, compileRole, type HeldRole } from '../domain/compile-grants.ts';
import type { Holder } from '../domain/holder.ts';
import { type Lru, lru } from '../domain/lru.ts';
import type { AssignmentStore, ModelStore, StoredAssignment, StoredPolicy, StoredRole, TokenStore } from '../ports.ts';

/** The `generation` of the built-in roles, which are never made anew. */
export const builtInGeneration = 'built-in';

const maxOrganizations = 200;
const maxHolders = 10_000;
/** Writers that keep moving the version while we read; beyond this something is wrong. */
const maxTries = 50;
/** Tokens created by tokens created by tokens. */
export const maxTokenChain = 8;

/** Roles and policies at one version. */
export interface Snapshot {
  readonly org: OrgId;
  readonly version: number;
  readonly roles: ReadonlyMap<string, StoredRole>;
  readonly policies: ReadonlyMap<string, StoredPolicy>;
  /** @returns the role with its policies, undefined for no role */
  compiled(role: string): CompiledRole | undefined;
  /** @returns the generation that new assignments of the role bear, undefined for no role */
  generation(role: string): string | undefined;
}

export interface AccessModel {
  /** Roles and policies as they stand now. @throws AppError `not-found` where there is no such organization */
  current(org: OrgId): Promise<Snapshot>;
  /** A principal with all it holds, and the snapshot of the same version. */
  load(org: OrgId, principal: Principal): Promise<{ readonly snapshot: Snapshot; readonly holder: Holder } | undefined>;
  /** @returns what a principal is assigned directly; not cached */
  heldBy(snapshot: Snapshot, principal: Principal): Promise<readonly HeldRole[]>;
  /** @returns whether an assignment's role is still the one that was assigned */
  isLive(snapshot: Snapshot, assignment: Pick<StoredAssignment, 'role' | 'roleGeneration'>): boolean;
}

interface Stores {
  readonly models: ModelStore;
  readonly assignments: AssignmentStore;
  readonly tokens: TokenStore;
  readonly members: MemberStore;
}

interface Cached extends Snapshot {
  readonly holders: Lru<Principal, Promise<Holder>>;
  readonly groups: Lru<Principal, Promise<readonly HeldRole[]>>;
}

/** Something changed while it was read: read again. */
class Moved extends Error {}

export const accessModel = ({ models, assignments, tokens, members }: Stores): AccessModel => {
  const cache = lru<OrgId, Cached>(maxOrganizations);

  const snapshotAt = async (org: OrgId, version: number): Promise<Cached> => {
    const known = cache.get(org);
    if (known?.version === version) return known;
    const { roles, policies } = await models.load(org);
    // INVARIANT: what was read is the model of `version` only if the version has not moved meanwhile.
    if ((await models.version(org)) !== version) throw new Moved();
    const made = snapshotOf(org, version, roles, policies);
    const newest = cache.get(org);
    if (newest === undefined || newest.version < version) cache.set(org, made);
    return newest?.version === version ? newest : made;
  };

  const isLive: AccessModel['isLive'] = (snapshot, { role, roleGeneration }) => snapshot.generation(role) === roleGeneration;

  const heldBy = async (snapshot: Snapshot, principal: Principal): Promise<readonly HeldRole[]> => {
    const rows = await assignments.ofPrincipal(snapshot.org, principal);
    return rows.flatMap((row): HeldRole[] => {
      const role = isLive(snapshot, row) ? snapshot.compiled(row.role) : undefined;
      if (role === undefined) return [];
      return [{ role, assignment: row.id, scope: row.scope, expiresAtMs: row.expiresAtMs ?? Number.POSITIVE_INFINITY }];
    });
  };

  const heldByGroup = (snapshot: Cached, group: Principal): Promise<readonly HeldRole[]> => {
    const known = snapshot.groups.get(group);
    if (known !== undefined) return known;
    const loading = verified(snapshot, heldBy(snapshot, group));
    snapshot.groups.set(group, loading);
    loading.catch(() => snapshot.groups.drop(group, loading));
    return loading;
  };

  const verified = async <T>(snapshot: Snapshot, reading: Promise<T>): Promise<T> => {
    const value = await reading;
    if ((await models.version(snapshot.org)) !== snapshot.version) throw new Moved();
    return value;
  };

  const readHolder = async (snapshot: Cached, principal: Principal, depth: number): Promise<Holder> => {
    const nothing = compileGrants([]);
    const kind = principalKind(principal);
    const id = principalId(principal);
    if (kind === 'token') {
      const token = await tokens.get(snapshot.org, id);
      if (token === undefined || depth > maxTokenChain) return { principal, grants: nothing, inactive: 'the token was revoked' };
      const role = isLive(snapshot, token) ? snapshot.compiled(token.role) : undefined;
      // The token's own end is a matter of the credential: it ends the holder, not the grant.
      const own = role && { role, assignment: token.id, scope: token.scope, expiresAtMs: Number.POSITIVE_INFINITY };
      const held = [...(own === undefined ? [] : [own]), ...(await heldBy(snapshot, principal))];
      const creator = await holderIn(snapshot, token.createdBy, depth + 1);
      return { principal, grants: compileGrants(held), expiresAtMs: token.expiresAtMs, creator };
    }
    if (kind !== 'user') return { principal, grants: compileGrants(await heldBy(snapshot, principal)) };
    const member = await members.lookUp(snapshot.org, id);
    if (member === 'removed') return { principal, grants: nothing, inactive: 'the member was removed' };
    if (member !== undefined && member.status !== 'active')
      return { principal, grants: nothing, inactive: `the member is ${member.status}` };
    const groups = (member?.groups ?? []).map((group) => heldByGroup(snapshot, principalSchema.parse(`group:${group}`)));
    const held = (await Promise.all([heldBy(snapshot, principal), ...groups])).flat();
    return { principal, grants: compileGrants(held), ...(member?.attributes === undefined ? {} : { attributes: member.attributes }) };
  };

  const holderIn = (snapshot: Cached, principal: Principal, depth: number): Promise<Holder> => {
    const known = snapshot.holders.get(principal);
    if (known !== undefined) return known;
    const loading = verified(snapshot, readHolder(snapshot, principal, depth));
    snapshot.holders.set(principal, loading);
    loading.catch(() => snapshot.holders.drop(principal, loading));
    return loading;
  };

  const steadily = async <T>(org: OrgId, read: (snapshot: Cached) => Promise<T>): Promise<T | undefined> => {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const version = await models.version(org);
      if (version === undefined) return undefined;
      try {
        return await read(await snapshotAt(org, version));
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
      }
    }
    throw new AppError('dependency-unavailable', 'access changes faster than it can be read; try again');
  };

  return {
    current: async (org) => {
      const snapshot = await steadily(org, async (found) => found);
      if (snapshot === undefined) throw new AppError('not-found', 'there is nothing here that you may see');
      return snapshot;
    },
    load: (org, principal) => steadily(org, async (snapshot) => ({ snapshot, holder: await holderIn(snapshot, principal, 0) })),
    heldBy,
    isLive,
  };
};

const snapshotOf = (org: OrgId, version: number, roles: readonly StoredRole[], policies: readonly StoredPolicy[]): Cached => {
  const byId = new Map(roles.map((role) => [role.id, role]));
  const attached = new Map<string, StoredPolicy[]>();
  for (const policy of policies) {
    for (const role of policy.roles) {
      const list = attached.get(role);
      if (list === undefined) attached.set(role, [policy]);
      else list.push(policy);
    }
  }
  const compiled = new Map<string, CompiledRole>();
  return {
    org,
    version,
    roles: byId,
    policies: new Map(policies.map((policy) => [policy.id, policy])),
    compiled: (id) => {
      const known = compiled.get(id);
      if (known !== undefined) return known;
      const builtIn = builtInRole(id);
      const role = builtIn ?? byId.get(id);
      if (role === undefined) return undefined;
      // INVARIANT: no policy attaches to a built-in role, whatever a row says.
      const made = compileRole(role, builtIn === undefined ? (attached.get(id) ?? []) : []);
      compiled.set(id, made);
      return made;
    },
    generation: (id) => (builtInRole(id) === undefined ? byId.get(id)?.generation : builtInGeneration),
    holders: lru(maxHolders),
    groups: lru(maxHolders),
  };
};
