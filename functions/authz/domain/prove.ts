// Whether a permission can ever be reached: an exhaustive, bounded, breadth-first search over the writes that principals may make.
import type { Permission } from '../../shared/kernel/permission.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { covers, everywhere, type Scope } from '../../shared/kernel/scope.ts';
import { type AccessChange, firstUncovered, type Writer } from './covers-grants.ts';
import { namedNumbers, permissionNumber } from './permission-numbers.ts';
import { keyOf, mayBeAllowed, type ProvableModel, type Relevance, type State, stateOf } from './prove-state.ts';
import { type WriteContext, writesFrom } from './prove-writes.ts';

export interface ProofBound {
  /** Longest chain of writes. */
  readonly steps: number;
  /** Different states of access looked at. */
  readonly states: number;
}

export const defaultProofBound: ProofBound = { steps: 12, states: 5_000 };

export interface Step {
  readonly by: Principal;
  readonly text: string;
}

export type Proof =
  | { readonly answer: 'reachable'; readonly steps: readonly Step[]; readonly states: number }
  /** The search ended by itself: there is no chain of any length. */
  | { readonly answer: 'never'; readonly states: number }
  | { readonly answer: 'not-within-bound'; readonly states: number; readonly bound: ProofBound };

export interface ProofQuestion {
  readonly model: ProvableModel;
  readonly principal: Principal;
  readonly permission: Permission;
  /** Who writes on the principal's behalf besides itself. */
  readonly colluding?: readonly Principal[];
  readonly nowMs: number;
  readonly bound?: ProofBound;
  /** The rule that a write must pass; the service's own unless a test plants another. */
  readonly rule?: typeof firstUncovered;
}

/** @returns what the answer can depend on: what is asked, the right to write, and all that the actors' denies bear on */
const relevanceOf = (state: State, wanted: readonly number[], at: Scope): Relevance => {
  const numbers = new Set(wanted);
  const iam = permissionNumber('iam', 'write');
  if (iam !== undefined) numbers.add(iam);
  const scopes = new Set<Scope>([everywhere, at]);
  for (const role of state.compiled.values()) {
    for (const grant of role.grants) {
      if (grant.effect !== 'deny') continue;
      for (const number of grant.numbers) numbers.add(number);
      scopes.add(grant.scope);
    }
  }
  for (const { scope } of state.assignments) if (covers(scope, at)) scopes.add(scope);
  return { numbers, scopes: [...scopes] };
};

const isReached = (state: State, principal: Principal, wanted: readonly number[], at: Scope, nowMs: number): boolean => {
  const grants = state.grants.get(principal);
  return grants !== undefined && wanted.every((number) => mayBeAllowed(grants, number, at, nowMs));
};

/** @returns attributes that a holder may well have: for each name that its allows ask for, a value that one of them takes */
const fittingAttributes = ({ held }: Writer['grants']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    held
      .flatMap(({ role }) => role.grants)
      .flatMap(({ conditions }) => Object.entries(conditions?.attributes ?? {}))
      .map(([name, [value = '']]) => [name, value]),
  );

interface Node {
  readonly state: State;
  readonly chain: readonly Step[];
}

/**
 * The actors are the principal and whoever colludes. Giving to anybody else brings them nothing, so only writes for actors are tried;
 * conditions are read in the actors' favour, and every principal of the model counts as a member already.
 * INVARIANT: an API token is bounded by its creator at each check and each write, so whoever acts as one reaches nothing more: tokens
 * are writes that never help, and are not tried.
 */
export const prove = ({
  model,
  principal,
  permission,
  colluding = [],
  nowMs,
  bound = defaultProofBound,
  rule = firstUncovered,
}: ProofQuestion): Proof => {
  const actors = [...new Set([principal, ...colluding])];
  const wanted = namedNumbers(permission.resource, permission.action);
  const first = stateOf(model, actors);
  const relevance = relevanceOf(first, wanted, permission.scope);
  const iamWrite = permissionNumber('iam', 'write');
  const passes = (writers: Parameters<typeof firstUncovered>[0], changes: readonly AccessChange[]): boolean =>
    rule(writers, changes, nowMs) === undefined;

  const seen = new Set([keyOf(first, relevance)]);
  if (isReached(first, principal, wanted, permission.scope, nowMs)) return { answer: 'reachable', steps: [], states: 1 };
  let level: Node[] = [{ state: first, chain: [] }];
  let isBounded = false;
  for (let steps = 1; level.length > 0; steps += 1) {
    const next: Node[] = [];
    for (const { state, chain } of level) {
      const context: WriteContext = { state, actors, relevance, nowMs };
      const writers = actors.flatMap((by) => {
        const grants = state.grants.get(by);
        return grants !== undefined && iamWrite !== undefined && mayBeAllowed(grants, iamWrite, everywhere, nowMs)
          ? [{ by, grants, attributes: fittingAttributes(grants) }]
          : [];
      });
      if (writers.length === 0) continue;
      for (const { text, changes, after } of writesFrom(context)) {
        const writer = writers.find((each) => passes([each], changes));
        if (writer === undefined) continue;
        const made = stateOf(after, actors);
        const key = keyOf(made, relevance);
        if (seen.has(key)) continue;
        const steppedTo: Node = { state: made, chain: [...chain, { by: writer.by, text }] };
        if (isReached(made, principal, wanted, permission.scope, nowMs))
          return { answer: 'reachable', steps: steppedTo.chain, states: seen.size + 1 };
        if (steps >= bound.steps || seen.size >= bound.states) {
          isBounded = true;
          continue;
        }
        seen.add(key);
        next.push(steppedTo);
      }
    }
    level = next;
  }
  return isBounded ? { answer: 'not-within-bound', states: seen.size, bound } : { answer: 'never', states: seen.size };
};

/** @returns the principals of a model who may write access, for some inputs */
export const writersOf = (model: ProvableModel, nowMs: number): Principal[] => {
  const named = new Set<Principal>([...model.assignments.map(({ principal }) => principal), ...Object.values(model.groups).flat()]);
  const actors = [...named].filter((each) => !each.startsWith('group:'));
  const number = permissionNumber('iam', 'write');
  const { grants } = stateOf(model, actors);
  return actors.filter((actor) => {
    const held = grants.get(actor);
    return number !== undefined && held !== undefined && mayBeAllowed(held, number, everywhere, nowMs);
  });
};
