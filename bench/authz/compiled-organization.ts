// An organization compiled as the service compiles one: roles once, the roles of groups shared, a principal when it first asks.
import {
  type CompiledGrants,
  type CompiledRole,
  compileGrants,
  compileRole,
  type HeldRole,
} from '../../functions/authz/domain/compile-grants.ts';
import type { Organization } from './organization.ts';

export interface CompiledOrganization {
  readonly roles: readonly CompiledRole[];
  /** What a user or group was given itself. */
  readonly heldBy: (principal: string) => readonly HeldRole[];
  /** Compiles anew. */
  readonly compile: (user: string) => CompiledGrants;
  /** Compiles once. */
  readonly grantsOf: (user: string) => CompiledGrants;
}

export const compileOrganization = ({ roles, policies, assignments, groupsOf }: Omit<Organization, 'questions'>): CompiledOrganization => {
  const compiled = new Map(roles.map((role) => [role.id, compileRole(role, policies)]));
  const rows = Map.groupBy(assignments, ({ principal }) => principal as string);
  const heldBy = (principal: string): HeldRole[] =>
    (rows.get(principal) ?? []).map(({ id, role: roleId, scope, expiresAtMs = Number.POSITIVE_INFINITY }): HeldRole => {
      const role = compiled.get(roleId);
      if (role === undefined) throw new Error(`there is no role \`${roleId}\``);
      return { role, assignment: id, scope, expiresAtMs };
    });
  const groups = new Map<string, readonly HeldRole[]>();
  const heldByGroup = (group: string): readonly HeldRole[] => {
    const found = groups.get(group);
    if (found !== undefined) return found;
    const made = heldBy(group);
    groups.set(group, made);
    return made;
  };
  const compile = (user: string): CompiledGrants => compileGrants([heldBy(user), ...(groupsOf.get(user) ?? []).map(heldByGroup)].flat());
  const known = new Map<string, CompiledGrants>();
  const grantsOf = (user: string): CompiledGrants => {
    const found = known.get(user);
    if (found !== undefined) return found;
    const made = compile(user);
    known.set(user, made);
    return made;
  };
  return { roles: [...compiled.values()], heldBy, compile, grantsOf };
};
