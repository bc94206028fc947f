// The second workload: an organization as large ones are, generated from a seed: groups, narrow scopes, conditions, denies, ends.
import type { Assignment, Conditions, Policy, Role } from '../../functions/authz/domain/model.ts';
import type { DecisionInputs } from '../../functions/shared/kernel/decision.ts';
import { type Action, catalogue, type Resource, resources } from '../../functions/shared/kernel/permission.ts';
import type { Principal } from '../../functions/shared/kernel/principal.ts';
import { everywhere, type Scope } from '../../functions/shared/kernel/scope.ts';

/** Pseudo-random numbers in [0, 1) from a seed (mulberry32). */
const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export interface OrganizationSize {
  readonly users: number;
  readonly groups: number;
  readonly roles: number;
  readonly policies: number;
  readonly denies: number;
  readonly assignments: number;
  readonly questions: number;
}

export const largeOrganization: OrganizationSize = {
  users: 10_000,
  groups: 200,
  roles: 500,
  policies: 300,
  denies: 30,
  assignments: 100_000,
  questions: 50_000,
};

export interface Question {
  readonly user: string;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly action: Action;
  readonly inputs: DecisionInputs;
}

export interface Organization {
  readonly roles: readonly Role[];
  readonly policies: readonly Policy[];
  readonly assignments: readonly Assignment[];
  /** The groups of each user. */
  readonly groupsOf: ReadonlyMap<string, readonly string[]>;
  readonly questions: readonly Question[];
}

const nowMs = Date.UTC(2026, 5, 10, 12);
const hourMs = 3_600_000;

/** Scopes of each depth: everywhere, workspaces, apps, namespaces. */
const scopesByDepth = (): readonly (readonly Scope[])[] => {
  const spread = (above: readonly string[], word: string, count: number): string[] =>
    above.flatMap((path) => Array.from({ length: count }, (_, index) => `${path}${path === '' ? '' : '/'}${word}-${index}`));
  const workspaces = spread([''], 'workspace', 20);
  const apps = spread(workspaces, 'app', 10);
  return [[everywhere], workspaces as Scope[], apps as Scope[], spread(apps, 'namespace', 5) as Scope[]];
};

const conditionsOf = (kind: number): Conditions => {
  if (kind < 0.3) return { ip: ['10.0.0.0/8', '2001:db8::/32'] };
  if (kind < 0.5) return { time: { zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' } };
  if (kind < 0.7) return { environment: ['development', 'staging'] };
  return kind < 0.9 ? { mfa: true } : { attributes: { team: ['red', 'blue'] } };
};

export const makeOrganization = (size: OrganizationSize, seed = 20_261_122): Organization => {
  const random = seeded(seed);
  const int = (below: number): number => Math.floor(random() * below);
  const pick = <T>(from: readonly T[]): T => {
    const one = from[int(from.length)];
    if (one === undefined) throw new Error('there is nothing to pick from');
    return one;
  };
  const depths = scopesByDepth();
  const scopeAt = (shares: readonly number[]): Scope => {
    const drawn = random();
    const depth = shares.findIndex((share) => drawn < share);
    return pick(depths[depth] ?? [everywhere]);
  };
  const pairs = resources.flatMap((resource) =>
    catalogue[resource].map((action): { resource: Resource; action: Action } => ({ resource, action })),
  );

  const roles = Array.from({ length: size.roles }, (_, index): Role => {
    const permissions = Array.from({ length: 4 + int(12) }, () => {
      const { resource, action } = pick(pairs);
      return `${resource}:${random() < 0.85 ? everywhere : scopeAt([0, 0.7, 1])}:${action}`;
    });
    return { id: `role-${index}`, permissions: [...new Set(permissions)] };
  });
  const policies = Array.from({ length: size.policies }, (_, index): Policy => {
    const { resource, action } = pick(pairs);
    return {
      id: `policy-${index}`,
      effect: index < size.denies ? 'deny' : 'allow',
      resources: [resource],
      scopes: [random() < 0.5 ? everywhere : scopeAt([0, 0.7, 1])],
      actions: [action],
      ...(random() < 0.6 ? { conditions: conditionsOf(random()) } : {}),
      ...(index < size.denies && random() < 0.3 ? { unless: { mfa: true } } : {}),
      roles: [...new Set(Array.from({ length: 1 + int(3) }, () => pick(roles).id))],
    };
  });
  const users = Array.from({ length: size.users }, (_, index) => `user:user-${index}`);
  const groups = Array.from({ length: size.groups }, (_, index) => `group:group-${index}`);
  const groupsOf = new Map(users.map((user) => [user, [...new Set(Array.from({ length: int(4) }, () => pick(groups)))]]));
  const byPrincipal = new Map<string, Assignment[]>();
  const assignments = Array.from({ length: size.assignments }, (_, index): Assignment => {
    const principal = index % 50 === 49 ? pick(groups) : (users[index % users.length] ?? '');
    const made: Assignment = {
      id: `assignment-${index}`,
      principal: principal as Principal,
      role: pick(roles).id,
      scope: scopeAt([0.05, 0.4, 0.8, 1]),
      ...(random() < 0.05 ? { expiresAtMs: nowMs + (random() < 0.3 ? -hourMs : 1_000 * hourMs) } : {}),
    };
    const own = byPrincipal.get(principal);
    if (own === undefined) byPrincipal.set(principal, [made]);
    else own.push(made);
    return made;
  });
  const roleById = new Map(roles.map((role) => [role.id, role]));
  const below = (scope: Scope): Scope => {
    const depth = scope === everywhere ? 0 : scope.split('/').length;
    const deeper = depths[Math.min(3, depth + 1)] ?? [];
    return depth === 0 ? pick(deeper) : (deeper[deeper.findIndex((one) => one.startsWith(`${scope}/`)) + int(5)] ?? scope);
  };
  const contexts = Array.from(
    { length: 500 },
    (): DecisionInputs => ({
      timeMs: nowMs + int(72) * hourMs,
      ...(random() < 0.9 ? { ip: random() < 0.5 ? '10.1.2.3' : '198.51.100.7' } : {}),
      ...(random() < 0.7 ? { environment: pick(['development', 'staging', 'production']) } : {}),
      ...(random() < 0.5 ? { mfa: random() < 0.7 } : {}),
      attributes: { team: pick(['red', 'green']) },
    }),
  );
  const questions = Array.from({ length: size.questions }, (): Question => {
    const user = pick(users);
    const own = byPrincipal.get(user);
    const aimed = own === undefined || random() < 0.3 ? undefined : pick(own);
    const at = aimed === undefined ? scopeAt([0.02, 0.3, 0.7, 1]) : random() < 0.5 ? aimed.scope : below(aimed.scope);
    const [resource, , action] = (aimed && pick(roleById.get(aimed.role)?.permissions ?? []))?.split(':') ?? [];
    const named = resource === undefined ? pick(pairs) : { resource: resource as Resource, action: action as Action };
    return { user, ...named, scope: at, inputs: pick(contexts) };
  });
  return { roles, policies, assignments, groupsOf, questions };
};
