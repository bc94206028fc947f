import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGrants, compileRole } from '../../../functions/authz/domain/compile-grants.ts';
import { decideFor, type Holder } from '../../../functions/authz/domain/holder.ts';
import type { Assignment, Policy, Role } from '../../../functions/authz/domain/model.ts';
import { permissionNumber, permissionOf } from '../../../functions/authz/domain/permission-numbers.ts';
import { simulation } from '../../../functions/authz/domain/simulate.ts';
import { dayMs, dayOf, factsOf, hourMs, hourOf, type UsageRow, unkeptHour } from '../../../functions/authz/domain/usage.ts';
import type { DecisionInputs } from '../../../functions/shared/kernel/decision.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { type Scope, scope } from '../../../functions/shared/kernel/scope.ts';
import { someInputs, someModel, someQuestion } from '../../support/authz-arbitraries.ts';

const bob = principal.parse('user:bob');
const noon = Date.UTC(2026, 10, 18, 12);

interface Parts {
  readonly roles: readonly Role[];
  readonly policies?: readonly Policy[];
  readonly assignments?: readonly Pick<Assignment, 'role' | 'scope' | 'expiresAtMs'>[];
  readonly attributes?: Record<string, string>;
}

const holder = ({ roles, policies = [], assignments, attributes }: Parts): Holder => {
  const given: NonNullable<Parts['assignments']> = assignments ?? roles.map(({ id }) => ({ role: id, scope: '*' as Scope }));
  const held = given.flatMap(({ role, scope: at, expiresAtMs }, index) => {
    const found = roles.find(({ id }) => id === role);
    if (found === undefined) return [];
    return [
      { role: compileRole(found, policies), assignment: `as-${index}`, scope: at, expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY },
    ];
  });
  return { principal: bob, grants: compileGrants(held), ...(attributes === undefined ? {} : { attributes }) };
};

const recorded = (who: Holder, permission: string, inputs: DecisionInputs, { allowed = true, count = 1 } = {}): UsageRow => {
  const [resource = '', at = '', action = ''] = permission.split(':');
  const number = permissionNumber(resource, action) ?? -1;
  const timeMs = inputs.timeMs ?? noon;
  return {
    day: dayOf(timeMs),
    principal: who.principal,
    permission: { number, scope: scope.parse(at) },
    allowed,
    kind: 'used',
    facts: factsOf(who, inputs),
    hours: [[hourOf(inputs.timeMs, timeMs), count]],
    lastMs: timeMs,
  };
};

const reader: Role = { id: 'reader', permissions: ['apps:*:read'] };
const none: Role = { id: 'reader', permissions: [] };
const allow = (conditions: Policy['conditions']): Policy => ({
  id: 'p',
  effect: 'allow',
  resources: ['apps'],
  scopes: [scope.parse('*')],
  actions: ['read'],
  conditions,
  roles: ['reader'],
});

const replay = (before: Holder, after: Holder, ...rows: readonly UsageRow[]) => {
  const run = simulation();
  const pair = { before, after };
  for (const row of rows) run.replay(row, pair);
  return run.result();
};

const inputs: DecisionInputs = { timeMs: noon + 5 * 60_000, ip: '203.0.113.77' };

describe('a replay of recorded decisions', () => {
  test('tells what a role that loses a permission would deny, with counts and why', () => {
    const before = holder({ roles: [reader] });
    const row = recorded(before, 'apps:support:read', inputs, { count: 3 });
    const result = replay(before, holder({ roles: [none] }), row);
    expect(result).toMatchObject({ decisions: 3, unchanged: 0, drifted: 0, deniedToAllowed: { count: 0 }, unknown: { count: 0 } });
    expect(result.allowedToDenied.count).toBe(3);
    expect(result.allowedToDenied.samples).toEqual([
      expect.objectContaining({
        principal: 'user:bob',
        permission: 'apps:support:read',
        recorded: 'allowed',
        count: 3,
        reason: 'nothing allows it',
      }),
    ]);
  });

  test('tells what a new grant would allow, and names it', () => {
    const before = holder({ roles: [none] });
    const result = replay(before, holder({ roles: [reader] }), recorded(before, 'apps:support:read', inputs, { allowed: false }));
    expect(result.deniedToAllowed.count).toBe(1);
    expect(result.deniedToAllowed.samples[0]?.reason).toContain('role `reader`');
  });

  test('leaves alone what other grants still permit', () => {
    const two = [reader, { id: 'other', permissions: ['apps:support:read'] }];
    const before = holder({ roles: two });
    const after = holder({ roles: two, assignments: [{ role: 'other', scope: scope.parse('*') }] });
    const result = replay(before, after, recorded(before, 'apps:support:read', inputs), recorded(before, 'apps:research:read', inputs));
    expect(result).toMatchObject({ unchanged: 1, allowedToDenied: { count: 1 } });
  });

  test('a range within the kept network is unknown, one around it or beside it is settled', () => {
    const before = holder({ roles: [reader] });
    const row = recorded(before, 'apps:support:read', inputs);
    const only = (range: string) => replay(before, holder({ roles: [none], policies: [allow({ ip: [range] })] }), row);
    expect(only('203.0.113.77/32')).toMatchObject({ unknown: { count: 1, samples: [{ unsettled: ['ip'] }] }, unchanged: 0 });
    expect(only('203.0.0.0/16')).toMatchObject({ unknown: { count: 0 }, unchanged: 1 });
    expect(only('10.0.0.0/8')).toMatchObject({ unknown: { count: 0 }, allowedToDenied: { count: 1 } });
  });

  test('a window that begins within the kept hour is unknown, around it or beside it is settled', () => {
    const before = holder({ roles: [reader] });
    const row = recorded(before, 'apps:support:read', inputs);
    const only = (from: string, to: string) =>
      replay(before, holder({ roles: [none], policies: [allow({ time: { zone: 'UTC', from, to } })] }), row);
    expect(only('12:30', '18:00')).toMatchObject({ unknown: { count: 1, samples: [{ unsettled: ['time'] }] } });
    expect(only('12:00', '13:00')).toMatchObject({ unchanged: 1 });
    expect(only('13:00', '18:00')).toMatchObject({ allowedToDenied: { count: 1 } });
  });

  test('an end within the kept hour is unknown', () => {
    const before = holder({ roles: [reader] });
    const ending = (expiresAtMs: number) =>
      replay(
        before,
        holder({ roles: [reader], assignments: [{ role: 'reader', scope: scope.parse('*'), expiresAtMs }] }),
        recorded(before, 'apps:support:read', inputs),
      );
    expect(ending(noon + 60_000)).toMatchObject({ unknown: { count: 1 } });
    expect(ending(noon)).toMatchObject({ allowedToDenied: { count: 1 } });
    expect(ending(noon + hourMs)).toMatchObject({ unchanged: 1 });
  });

  test('attributes that are others now are unknown, never taken for those of then', () => {
    const then = holder({ roles: [reader], attributes: { team: 'red' } });
    const row = recorded(then, 'apps:support:read', inputs);
    const red = allow({ attributes: { team: ['red'] } });
    expect(replay(then, holder({ roles: [none], policies: [red], attributes: { team: 'red' } }), row)).toMatchObject({ unchanged: 1 });
    const now = holder({ roles: [reader], attributes: { team: 'blue' } });
    const result = replay(now, holder({ roles: [none], policies: [red], attributes: { team: 'blue' } }), row);
    expect(result).toMatchObject({ unknown: { count: 1, samples: [{ unsettled: ['attributes'] }] }, unchanged: 0 });
  });

  test('a missing input is settled: an allow does not match, a deny does', () => {
    const before = holder({ roles: [reader] });
    const row = recorded(before, 'apps:support:read', { timeMs: noon });
    expect(replay(before, holder({ roles: [none], policies: [allow({ mfa: true })] }), row)).toMatchObject({
      allowedToDenied: { count: 1 },
    });
    const deny: Policy = { ...allow({ ip: ['10.0.0.0/8'] }), effect: 'deny' };
    expect(replay(before, holder({ roles: [reader], policies: [deny] }), row)).toMatchObject({ allowedToDenied: { count: 1 } });
  });

  test('a decision for another day, or too many to be told apart, is unknown where it matters', () => {
    const before = holder({ roles: [reader] });
    const row = recorded(before, 'apps:support:read', inputs);
    const odd: UsageRow = { ...row, hours: [[unkeptHour, 2]] };
    const timed = holder({ roles: [none], policies: [allow({ time: { zone: 'UTC', from: '00:00', to: '23:59' } })] });
    expect(replay(before, timed, odd)).toMatchObject({ unknown: { count: 2 } });
    expect(replay(before, holder({ roles: [none] }), { ...row, permission: undefined })).toMatchObject({
      unknown: { count: 1 },
      unchanged: 0,
    });
  });

  test('counts apart what is answered otherwise today without the change', () => {
    const now = holder({ roles: [none] });
    expect(replay(now, now, recorded(now, 'apps:support:read', inputs))).toMatchObject({
      drifted: 1,
      unchanged: 1,
      allowedToDenied: { count: 0 },
    });
  });

  test('a token falls with its creator', () => {
    const creator = holder({ roles: [reader] });
    const token = (by: Holder): Holder => ({ ...holder({ roles: [reader] }), principal: principal.parse('token:t'), creator: by });
    const result = replay(token(creator), token(holder({ roles: [none] })), recorded(token(creator), 'apps:support:read', inputs));
    expect(result.allowedToDenied.samples[0]?.reason).toBe("the token's creator `user:bob` is refused: nothing allows it");
  });

  test('hours before the first are passed over', () => {
    const before = holder({ roles: [reader] });
    const run = simulation();
    const row: UsageRow = {
      ...recorded(before, 'apps:support:read', inputs),
      hours: [
        [3, 5],
        [12, 7],
      ],
    };
    run.replay(row, { before, after: before }, 12);
    expect(run.result().decisions).toBe(7);
  });

  test('keeps few samples however many flip', () => {
    const before = holder({ roles: [reader] });
    const after = holder({ roles: [none] });
    const rows = Array.from({ length: 500 }, () => recorded(before, 'apps:support:read', inputs));
    const { allowedToDenied } = replay(before, after, ...rows);
    expect(allowedToDenied.count).toBe(500);
    expect(allowedToDenied.samples.length).toBe(20);
  });

  test('agrees with the engine on generated models wherever it settles: no flip is missed, none is made up', () => {
    let settled = 0;
    void fc.assert(
      fc.property(someModel, someModel, someQuestion, someInputs, (now, then, [resource, at, action], given) => {
        const asked = { ...given, timeMs: given.timeMs ?? noon };
        const attributes = given.attributes;
        const make = (model: typeof now): Holder => holder({ ...model, ...(attributes === undefined ? {} : { attributes }) });
        const [before, after] = [make(now), make(then)];
        const own = { ...asked };
        delete (own as { attributes?: unknown }).attributes;
        const number = permissionNumber(resource, action);
        if (number === undefined) return;
        const named = permissionOf(number);
        const was = decideFor(before, named.resource, at as Scope, named.action, own).allowed;
        const is = decideFor(after, named.resource, at as Scope, named.action, own).allowed;
        const result = replay(before, after, recorded(before, `${resource}:${at}:${action}`, own, { allowed: was }));
        expect(result.decisions).toBe(1);
        if (result.unknown.count === 1) return;
        settled += 1;
        expect(result.allowedToDenied.count).toBe(was && !is ? 1 : 0);
        expect(result.deniedToAllowed.count).toBe(!was && is ? 1 : 0);
        expect(result.drifted).toBe(0);
      }),
      { numRuns: 3_000 },
    );
    expect(settled).toBeGreaterThan(1_500);
  });

  test('an hour is at its day', () => {
    expect(hourOf(noon, noon + hourMs)).toBe(12);
    expect(hourOf(noon - dayMs, noon)).toBe(unkeptHour);
    expect(hourOf(undefined, noon)).toBe(unkeptHour);
  });
});
