// Generated access models and questions: small worlds, so that grants and questions meet often.
import * as fc from 'fast-check';
import type { Assignment, Conditions, Policy, Role } from '../../functions/authz/domain/model.ts';
import type { DecisionInputs } from '../../functions/shared/kernel/decision.ts';
import { type Action, catalogue, type Resource } from '../../functions/shared/kernel/permission.ts';
import { type Principal, principal } from '../../functions/shared/kernel/principal.ts';
import { type Scope, scope } from '../../functions/shared/kernel/scope.ts';

export const someScope: fc.Arbitrary<Scope> = fc
  .constantFrom('*', '*', '*', 'a', 'a', 'ab', 'b', 'a/x', 'a/xy', 'b/x', 'a/x/n', 'a/x/m')
  .map((text) => scope.parse(text));

const someResource = fc.constantFrom<Resource>('apps', 'endpoints', 'secrets', 'analytics');

const actionsOf = (resource: Resource | '*'): (Action | '*')[] =>
  resource === '*' ? ['read', 'write', 'manage', '*'] : [...catalogue[resource], '*'];

const triple = fc
  .oneof({ weight: 6, arbitrary: someResource as fc.Arbitrary<Resource | '*'> }, { weight: 1, arbitrary: fc.constant<'*'>('*') })
  .chain((resource) => fc.tuple(fc.constant(resource), someScope, fc.constantFrom(...actionsOf(resource))));

const someTime = fc.integer({ min: Date.UTC(2026, 2, 20), max: Date.UTC(2026, 10, 10) });

export const someConditions: fc.Arbitrary<Conditions> = fc.record(
  {
    ip: fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '192.168.1.0/24', '2001:db8::/32', '0.0.0.0/0'], { minLength: 1 }),
    time: fc.record(
      {
        zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
        days: fc.subarray(['mon', 'tue', 'wed', 'sat'] as const, { minLength: 1 }),
        from: fc.constantFrom('00:00', '09:00', '22:15'),
        to: fc.constantFrom('06:30', '17:30', '23:59'),
      },
      { requiredKeys: ['zone'] },
    ),
    environment: fc.subarray(['development', 'staging', 'production'] as const, { minLength: 1 }),
    mfa: fc.constant(true as const),
    attributes: fc.dictionary(fc.constantFrom('team', 'level'), fc.subarray(['red', 'blue'], { minLength: 1 }), { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

export const someInputs: fc.Arbitrary<DecisionInputs> = fc.record(
  {
    ip: fc.constantFrom('10.1.2.3', '10.9.9.9', '192.168.1.7', '8.8.8.8', '2001:db8::1', '2001:db9::1'),
    timeMs: someTime,
    environment: fc.constantFrom('development', 'staging', 'production'),
    mfa: fc.boolean(),
    attributes: fc.dictionary(fc.constantFrom('team', 'level'), fc.constantFrom('red', 'blue', 'green')),
  },
  { requiredKeys: [] },
);

const customRoles = ['r1', 'r2', 'r3'];

export const someRole = (id: string): fc.Arbitrary<Role> =>
  fc.array(triple, { minLength: 1, maxLength: 5 }).map((triples) => ({ id, permissions: triples.map((parts) => parts.join(':')) }));

export const somePolicy = (id: string): fc.Arbitrary<Policy> =>
  fc
    .record({
      effect: fc.constantFrom('allow' as const, 'deny' as const, 'deny' as const),
      triple,
      moreScopes: fc.array(someScope, { maxLength: 1 }),
      conditions: fc.option(someConditions, { nil: undefined, freq: 1 }),
      unless: fc.option(
        someConditions.filter((given) => Object.keys(given).length > 0),
        { nil: undefined },
      ),
      roles: fc.subarray(customRoles, { minLength: 1 }),
    })
    .map(({ effect, triple: [resource, at, action], moreScopes, conditions, unless, roles }) => ({
      id,
      effect,
      resources: [resource],
      scopes: [at, ...moreScopes],
      actions: [action],
      conditions,
      unless: effect === 'deny' ? unless : undefined,
      roles,
    }));

const me: Principal = principal.parse('user:me');

const someAssignment = (id: string): fc.Arbitrary<Assignment> =>
  fc.record({
    id: fc.constant(id),
    principal: fc.constant(me),
    role: fc.constantFrom(...customRoles),
    scope: someScope,
    expiresAtMs: fc.option(someTime, { nil: undefined }),
  });

export interface Model {
  readonly roles: readonly Role[];
  readonly policies: readonly Policy[];
  readonly assignments: readonly Assignment[];
}

export const someModel: fc.Arbitrary<Model> = fc.record({
  roles: fc.tuple(someRole('r1'), someRole('r2'), someRole('r3')),
  policies: fc.integer({ min: 1, max: 4 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => somePolicy(`p${n}`)))),
  assignments: fc
    .integer({ min: 0, max: 4 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => someAssignment(`a${n}`)))),
});

export const someQuestion: fc.Arbitrary<readonly [Resource, Scope, Action]> = someResource.chain((resource) =>
  fc.tuple(fc.constant(resource), someScope, fc.constantFrom<Action>(...catalogue[resource])),
);
