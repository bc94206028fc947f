// The writes that a search tries: each with what it changes, worked out as the service does, and the model after it.
import type { Principal } from '../../shared/kernel/principal.ts';
import { builtInRoles } from './built-in-roles.ts';
import { compileRole } from './compile-grants.ts';
import { type AccessChange, changesOfEdit, changesOfHeld, type Edited } from './covers-grants.ts';
import type { Assignment, Conditions, Policy, Role } from './model.ts';
import { permissionOf } from './permission-numbers.ts';
import { hasAlready, heldOf, isCustom, type ProvableModel, type Relevance, type State } from './prove-state.ts';

export interface ProvableWrite {
  /** What is done, for a reader. */
  readonly text: string;
  readonly changes: readonly AccessChange[];
  readonly after: ProvableModel;
}

export interface WriteContext {
  readonly state: State;
  readonly actors: readonly Principal[];
  readonly relevance: Relevance;
  readonly nowMs: number;
}

/** A role that the actors make for themselves. */
const madeRole = 'made-by-the-search';

/** Permission texts by which something relevant may be given: named one by one, and by each wildcard. */
const permissionsOf = ({ numbers, scopes }: Relevance): string[] => {
  const names = [...numbers].map(permissionOf);
  const shapes = [...names.flatMap(({ resource, action }) => [`${resource} ${action}`, `${resource} *`, `* ${action}`]), '* *'];
  const texts = shapes.flatMap((shape) => {
    const [resource = '', action = ''] = shape.split(' ');
    return scopes.map((scope) => `${resource}:${scope}:${action}`);
  });
  return [...new Set(texts)];
};

const rolesEdited = (model: ProvableModel, role: Role): ProvableModel => ({
  ...model,
  roles: [...model.roles.filter(({ id }) => id !== role.id), role],
});

const editedRole = (role: Role | undefined): Edited =>
  role === undefined ? { grants: [], roles: [] } : { grants: compileRole(role, []).grants, roles: [role.id] };

const changesOfRole = (before: Role | undefined, after: Role | undefined, nowMs: number): AccessChange[] =>
  changesOfEdit(editedRole(before), editedRole(after), nowMs);

/** A policy that is attached to nothing is weighed as if it were. */
const unattached = '';

const editedPolicy = (policy: Policy | undefined): Edited => {
  if (policy === undefined) return { grants: [], roles: [] };
  const { grants } = compileRole({ id: unattached, permissions: [] }, [{ ...policy, roles: [unattached] }]);
  return { grants, roles: policy.roles.length === 0 ? [unattached] : policy.roles };
};

const changesOfPolicy = (before: Policy | undefined, after: Policy | undefined, nowMs: number): AccessChange[] =>
  changesOfEdit(editedPolicy(before), editedPolicy(after), nowMs);

const policyWrite = (
  { state, nowMs }: WriteContext,
  text: string,
  before: Policy | undefined,
  after: Policy | undefined,
): ProvableWrite => ({
  text,
  changes: changesOfPolicy(before, after, nowMs),
  after: {
    ...state,
    policies: [...state.policies.filter(({ id }) => id !== (before ?? after)?.id), ...(after === undefined ? [] : [after])],
  },
});

const endsOf = ({ assignments }: ProvableModel, nowMs: number): number[] => [
  ...new Set([Number.POSITIVE_INFINITY, ...assignments.flatMap(({ expiresAtMs }) => expiresAtMs ?? [])].filter((end) => nowMs < end)),
];

const conditionsOf = ({ policies }: ProvableModel): (Conditions | undefined)[] => [
  undefined,
  ...policies.flatMap(({ effect, conditions }) => (effect === 'allow' && conditions !== undefined ? [conditions] : [])),
];

const detached = (policy: Policy, role: string): Policy => ({ ...policy, roles: policy.roles.filter((id) => id !== role) });

const isDeny = ({ effect }: { readonly effect: string }): boolean => effect === 'deny';

/** @returns whether some actor lacks what the write gives */
const helpsSomebody = ({ state, relevance }: WriteContext, { changes }: Pick<ProvableWrite, 'changes'>): boolean =>
  changes.some((change) => [...state.grants.values()].some((grants) => !hasAlready(grants, change, relevance)));

function* assigning({ state, actors, relevance, nowMs }: WriteContext): Generator<ProvableWrite> {
  for (const role of [...builtInRoles, ...state.roles]) {
    for (const scope of relevance.scopes) {
      for (const end of endsOf(state, nowMs)) {
        for (const principal of actors) {
          const grants = state.grants.get(principal);
          const id = `${principal} ${role.id} ${scope} ${end}`;
          if (grants === undefined || state.assignments.some((each) => each.id === id)) continue;
          const made: Assignment = {
            id,
            principal,
            role: role.id,
            scope,
            ...(end === Number.POSITIVE_INFINITY ? {} : { expiresAtMs: end }),
          };
          const changes = changesOfHeld(heldOf(state.compiled, [made]), 'add', nowMs);
          const wins = changes.some((change) => change.grant.effect === 'allow' && !hasAlready(grants, change, relevance));
          // An empty role that is held once can be filled, wherever it is held.
          const isNeeded =
            role.id === madeRole && !state.assignments.some((each) => each.role === madeRole && each.principal === principal);
          if (!wins && !isNeeded) continue;
          const until = end === Number.POSITIVE_INFINITY ? '' : ` until ${new Date(end).toISOString()}`;
          const text = `assigns role \`${role.id}\` at \`${scope}\` to \`${principal}\`${until}`;
          yield { text, changes, after: { ...state, assignments: [...state.assignments, made] } };
        }
      }
    }
  }
}

function* editingRoles(context: WriteContext): Generator<ProvableWrite> {
  const { state, relevance, nowMs } = context;
  const made = state.roles.find(({ id }) => id === madeRole);
  if (made === undefined) {
    const role: Role = { id: madeRole, permissions: [] };
    yield { text: `creates role \`${madeRole}\``, changes: [], after: rolesEdited(state, role) };
  }
  for (const role of state.roles) {
    for (const permission of permissionsOf(relevance)) {
      if (role.permissions.includes(permission)) continue;
      const after: Role = { id: role.id, permissions: [...role.permissions, permission] };
      const changes = changesOfRole(role, after, nowMs);
      if (!helpsSomebody(context, { changes })) continue;
      yield { text: `adds \`${permission}\` to role \`${role.id}\``, changes, after: rolesEdited(state, after) };
    }
    const carriesDeny = state.compiled.get(role.id)?.grants.some(isDeny) ?? false;
    if (!carriesDeny) continue;
    const uses = state.assignments.filter((each) => each.role === role.id);
    const attached = state.policies.filter(({ roles }) => roles.includes(role.id));
    yield {
      text: `deletes role \`${role.id}\` with its assignments`,
      changes: [
        ...changesOfRole(role, undefined, nowMs),
        ...changesOfHeld(heldOf(state.compiled, uses), 'take', nowMs),
        ...attached.flatMap((policy) => changesOfPolicy(policy, detached(policy, role.id), nowMs)),
      ],
      after: {
        ...state,
        roles: state.roles.filter(({ id }) => id !== role.id),
        assignments: state.assignments.filter((each) => each.role !== role.id),
        policies: state.policies.map((policy) => detached(policy, role.id)),
      },
    };
  }
}

function* allowingByPolicy(context: WriteContext): Generator<ProvableWrite> {
  const { state, relevance } = context;
  for (const { id: role } of state.roles.filter(({ id }) => isCustom(id))) {
    for (const policy of state.policies) {
      if (policy.effect !== 'allow' || policy.roles.includes(role)) continue;
      const text = `attaches policy \`${policy.id}\` to role \`${role}\``;
      const write = policyWrite(context, text, policy, { ...policy, roles: [...policy.roles, role] });
      if (helpsSomebody(context, write)) yield write;
    }
    for (const number of relevance.numbers) {
      const { resource, action } = permissionOf(number);
      for (const scope of relevance.scopes) {
        for (const conditions of conditionsOf(state)) {
          const id = JSON.stringify([role, number, scope, conditions]);
          if (state.policies.some((policy) => policy.id === id)) continue;
          const policy: Policy = {
            id,
            effect: 'allow',
            resources: [resource],
            scopes: [scope],
            actions: [action],
            conditions,
            roles: [role],
          };
          const condition = conditions === undefined ? '' : ` under ${JSON.stringify(conditions)}`;
          const write = policyWrite(
            context,
            `allows \`${resource}:${scope}:${action}\` to role \`${role}\` by a policy${condition}`,
            undefined,
            policy,
          );
          if (write.changes.some((change) => [...state.grants.values()].some((grants) => !hasAlready(grants, change, relevance))))
            yield write;
        }
      }
    }
  }
}

/** Every way of making a deny less, and of no longer being under it. */
function* sheddingDenies(context: WriteContext): Generator<ProvableWrite> {
  const { state, actors, nowMs } = context;
  for (const policy of state.policies.filter(isDeny)) {
    const named = `deny \`${policy.id}\``;
    const { unless: _, ...given } = policy;
    yield policyWrite(context, `deletes ${named}`, policy, undefined);
    yield policyWrite(context, `turns ${named} into an allow`, policy, { ...given, effect: 'allow' });
    const mfa = { mfa: true } as const;
    if (policy.conditions?.mfa === undefined)
      yield policyWrite(context, `adds a condition to ${named}`, policy, { ...policy, conditions: { ...policy.conditions, ...mfa } });
    if (policy.unless === undefined) yield policyWrite(context, `adds an exception to ${named}`, policy, { ...policy, unless: mfa });
    for (const role of policy.roles) {
      yield policyWrite(context, `detaches ${named} from role \`${role}\``, policy, detached(policy, role));
    }
    for (const part of ['scopes', 'resources', 'actions'] as const) {
      if (policy[part].length < 2) continue;
      for (const one of policy[part]) {
        const after = { ...policy, [part]: policy[part].filter((each) => each !== one) };
        yield policyWrite(context, `takes \`${one}\` out of ${named}`, policy, after);
      }
    }
  }
  for (const assignment of state.assignments) {
    const held = heldOf(state.compiled, [assignment]);
    const grants = held.flatMap(({ role }) => role.grants);
    const concerns = actors.some((actor) => state.grants.get(actor)?.held.some((each) => each.assignment === assignment.id));
    if (!concerns || !grants.some(isDeny)) continue;
    yield {
      text: `takes role \`${assignment.role}\` at \`${assignment.scope}\` from \`${assignment.principal}\``,
      changes: changesOfHeld(held, 'take', nowMs),
      after: { ...state, assignments: state.assignments.filter(({ id }) => id !== assignment.id) },
    };
  }
}

function* movingBetweenGroups({ state, actors, relevance, nowMs }: WriteContext): Generator<ProvableWrite> {
  for (const actor of actors) {
    if (!actor.startsWith('user:')) continue;
    const grants = state.grants.get(actor);
    for (const [group, members] of Object.entries(state.groups)) {
      const held = heldOf(
        state.compiled,
        state.assignments.filter(({ principal }) => principal === `group:${group}`),
      );
      const isMember = members.includes(actor);
      const changes = changesOfHeld(held, isMember ? 'take' : 'add', nowMs);
      const helps = isMember
        ? changes.some(({ grant }) => isDeny(grant))
        : changes.some((change) => !isDeny(change.grant) && grants !== undefined && !hasAlready(grants, change, relevance));
      if (!helps) continue;
      const after = isMember ? members.filter((member) => member !== actor) : [...members, actor];
      const text = isMember ? `takes \`${actor}\` out of group \`${group}\`` : `adds \`${actor}\` to group \`${group}\``;
      yield { text, changes, after: { ...state, groups: { ...state.groups, [group]: after } } };
    }
  }
}

/** @returns every write that may bring an actor nearer to anything relevant, whether or not anybody may make it */
export function* writesFrom(context: WriteContext): Generator<ProvableWrite> {
  yield* assigning(context);
  yield* editingRoles(context);
  yield* allowingByPolicy(context);
  yield* sheddingDenies(context);
  yield* movingBetweenGroups(context);
}
