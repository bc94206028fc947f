import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf } from '../../../functions/authz/domain/scope-hash.ts';
import type { Match } from '../../../functions/shared/kernel/decision.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { scope } from '../../../functions/shared/kernel/scope.ts';
import { type Model, someInputs, someModel, somePolicy, someQuestion } from '../../support/authz-arbitraries.ts';
import { ask } from '../../support/authz-engine.ts';
import { referenceDecide } from '../../support/authz-reference.ts';

const sorted = (matched: readonly Match[]): string[] =>
  matched.map((match) => JSON.stringify([match.assignment, match.role, match.policy ?? null, match.permission])).sort();

/** The reasons that the slow evaluator's matches allow: they name the first match in the order of assignment, role, policy and permission. */
const reasonsOf = (
  [resource, at, action]: readonly [string, string, string],
  allowed: boolean,
  matched: readonly Match[],
): readonly string[] => {
  const key = ({ assignment, role, policy = '', permission }: Match): string => [assignment, role, policy, permission].join('\n');
  const [first] = matched.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const from = first?.policy === undefined ? '' : `policy \`${first.policy}\` on `;
  const text =
    first === undefined
      ? `nothing allows \`${resource}:${at}:${action}\``
      : `${allowed ? 'allowed' : 'denied'} by \`${first.permission}\` of ${from}role \`${first.role}\`, assignment \`${first.assignment}\``;
  return first === undefined ? [text, `${text}; what would has ended, or its conditions do not hold`] : [text];
};

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
          expect(reasonsOf(question, slow.allowed, slow.matched)).toContain(fast.reason);
          if (fast.allowed) allows += 1;
          else if (fast.matched.length > 0) denies += 1;
        }
      }),
      { numRuns: 10_000, seed: 7 },
    );
    expect(allows).toBeGreaterThan(1_000);
    expect(denies).toBeGreaterThan(500);
  });

  test('decides the same for a principal that holds so much that it is kept by scope', () => {
    void fc.assert(
      fc.property(someModel, fc.array(fc.tuple(someQuestion, someInputs), { minLength: 2, maxLength: 2 }), (model, questions) => {
        const filler: Model['assignments'] = Array.from({ length: 120 }, (_, index) => ({
          id: `filler-${index}`,
          principal: principal.parse('user:me'),
          role: 'filler',
          scope: scope.parse(`elsewhere-${index % 7}`),
        }));
        const large: Model = {
          ...model,
          roles: [...model.roles, { id: 'filler', permissions: ['apps:*:read'] }],
          assignments: [...model.assignments, ...filler],
        };
        for (const [question, inputs] of questions) expect(ask(large, question, inputs)).toEqual(ask(model, question, inputs));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  test('does not take scopes whose hashes are equal for each other', () => {
    const seen = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let index = 0; pair === undefined; index += 1) {
      const text = `w${index.toString(36)}`;
      const hash = hashOf(scope.parse(text));
      const other = seen.get(hash);
      if (other !== undefined) pair = [other, text];
      seen.set(hash, text);
    }
    const [held, asked] = pair;
    const model: Model = {
      roles: [{ id: 'r', permissions: ['apps:*:read'] }],
      policies: [],
      assignments: [{ id: 'a', principal: principal.parse('user:me'), role: 'r', scope: scope.parse(held) }],
    };
    expect([held, asked].map((at) => ask(model, ['apps', at, 'read'], {}).allowed)).toEqual([true, false]);
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
