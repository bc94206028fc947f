import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Match } from '../../../functions/shared/kernel/decision.ts';
import { type Model, someInputs, someModel, somePolicy, someQuestion } from '../../support/authz-arbitraries.ts';
import { ask } from '../../support/authz-engine.ts';
import { referenceDecide } from '../../support/authz-reference.ts';

const sorted = (matched: readonly Match[]): string[] =>
  matched.map((match) => JSON.stringify([match.assignment, match.role, match.policy ?? null, match.permission])).sort();

describe('the engine', () => {
  test('decides as the slow evaluator does, with the same matches', () => {
    let allows = 0;
    let denies = 0;
    void fc.assert(
      fc.property(someModel, fc.array(fc.tuple(someQuestion, someInputs), { minLength: 2, maxLength: 2 }), (model, questions) => {
        for (const [question, inputs] of questions) {
          const fast = ask(model, question, inputs);
          const slow = referenceDecide(model, question, inputs);
          expect(fast.allowed).toBe(slow.allowed);
          expect(sorted(fast.matched)).toEqual(sorted(slow.matched));
          if (fast.allowed) allows += 1;
          else if (fast.matched.length > 0) denies += 1;
        }
      }),
      { numRuns: 10_000, seed: 7 },
    );
    expect(allows).toBeGreaterThan(1_000);
    expect(denies).toBeGreaterThan(500);
  });

  test('answers the same whatever the order of roles, policies and assignments', () => {
    void fc.assert(
      fc.property(someModel, someQuestion, someInputs, (model, question, inputs) => {
        const turned: Model = {
          roles: [...model.roles].reverse(),
          policies: [...model.policies].reverse(),
          assignments: [...model.assignments].reverse(),
        };
        expect(ask(turned, question, inputs)).toEqual(ask(model, question, inputs));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  const allowed = (model: Model, question: readonly [string, string, string], inputs: object): boolean =>
    ask(model, question, inputs).allowed;

  test('never allows more with a deny added, or an allow taken away', () => {
    void fc.assert(
      fc.property(someModel, somePolicy('added'), someQuestion, someInputs, (model, policy, question, inputs) => {
        const without = allowed(model, question, inputs);
        const withIt = allowed({ ...model, policies: [...model.policies, policy] }, question, inputs);
        if (policy.effect === 'deny') expect(withIt && !without).toBe(false);
        else expect(without && !withIt).toBe(false);
      }),
      { numRuns: 4_000, seed: 7 },
    );
  });

  test('never denies more when an allow widens, never allows more when a deny widens or loses a condition', () => {
    void fc.assert(
      fc.property(someModel, somePolicy('wide'), someQuestion, someInputs, (model, policy, question, inputs) => {
        const narrow = allowed({ ...model, policies: [...model.policies, policy] }, question, inputs);
        const everywhere = { ...policy, scopes: ['*' as (typeof policy.scopes)[number]] };
        const { conditions: _, ...unconditional } = policy;
        for (const wider of [everywhere, unconditional]) {
          const wide = allowed({ ...model, policies: [...model.policies, wider] }, question, inputs);
          if (policy.effect === 'deny') expect(wide && !narrow).toBe(false);
          else expect(narrow && !wide).toBe(false);
        }
      }),
      { numRuns: 4_000, seed: 7 },
    );
  });
});
