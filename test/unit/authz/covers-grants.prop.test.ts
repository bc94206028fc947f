import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRole, grantOf } from '../../../functions/authz/domain/compile-grants.ts';
import { compileConditions, conditionsCover } from '../../../functions/authz/domain/conditions.ts';
import { changesOfHeld, firstUncovered } from '../../../functions/authz/domain/covers-grants.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import {
  type Model,
  someConditions,
  someInputs,
  someModel,
  somePolicy,
  someQuestion,
  someRole,
  someScope,
} from '../../support/authz-arbitraries.ts';
import { ask, grantsOf } from '../../support/authz-engine.ts';

/** A writer who also holds a few things widely, so that much of what is generated is theirs to give. */
const someWriter: fc.Arbitrary<Model> = fc
  .tuple(someModel, fc.subarray(['apps:*:*', 'endpoints:*:*', 'secrets:*:*', 'analytics:*:*', '*:a:*']), someScope)
  .map(([model, permissions, scope]) => ({
    roles: [...model.roles, { id: 'broad', permissions }],
    policies: model.policies,
    assignments: [...model.assignments, { id: 'broad', principal: principal.parse('user:me'), role: 'broad', scope }],
  }));

const nowMs = Date.UTC(2026, 5, 1);

test('whoever gets what a writer covers is allowed nothing that the writer is not, then or later', () => {
  let passed = 0;
  let gained = 0;
  void fc.assert(
    fc.property(
      someWriter,
      someRole('given'),
      somePolicy('given-policy'),
      someScope,
      fc.array(fc.tuple(someQuestion, someInputs), { minLength: 5, maxLength: 5 }),
      (model, role, policy, at, questions) => {
        const attached = { ...policy, roles: ['given'] };
        const held = { role: compileRole(role, [attached]), assignment: 'new', scope: at, expiresAtMs: Number.POSITIVE_INFINITY };
        if (firstUncovered([{ grants: grantsOf(model) }], changesOfHeld([held], 'add', nowMs), nowMs) !== undefined) return;
        passed += 1;
        const other: Model = {
          roles: [role],
          policies: [attached],
          assignments: [{ id: 'new', principal: principal.parse('user:other'), role: 'given', scope: at }],
        };
        for (const [question, inputs] of questions) {
          if (inputs.timeMs === undefined || inputs.timeMs < nowMs) continue;
          if (!ask(other, question, inputs).allowed) continue;
          gained += 1;
          expect(ask(model, question, inputs).allowed).toBe(true);
        }
      },
    ),
    { numRuns: 10_000, seed: 11 },
  );
  expect(passed).toBeGreaterThan(200);
  expect(gained).toBeGreaterThan(50);
});

test('conditions that cover others hold wherever those do', () => {
  void fc.assert(
    fc.property(someConditions, someConditions, someInputs, (outer, inner, inputs) => {
      if (!conditionsCover(outer, inner)) return;
      const holds = (conditions: typeof outer) => compileConditions(conditions)?.(inputs, false) ?? true;
      expect(holds(inner) && !holds(outer)).toBe(false);
    }),
    { numRuns: 5_000, seed: 11 },
  );
});

test("a grant lies where its scope and the assignment's meet, and nowhere else", () => {
  const role = compileRole({ id: 'r', permissions: ['apps:a/x:read'] }, []);
  const [of] = role.grants;
  if (of === undefined) throw new Error('the role has a grant');
  const at = (scope: string) => grantOf(of, { role, assignment: 'a', scope: scope as never, expiresAtMs: 0 })?.scope;
  expect(['*', 'a', 'a/x', 'a/x/n', 'a/xy', 'b'].map(at)).toEqual(['a/x', 'a/x', 'a/x', 'a/x/n', undefined, undefined]);
});
