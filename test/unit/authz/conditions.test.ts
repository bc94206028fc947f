import { describe, expect, test } from 'vitest';
import { compileConditions, conditionsCover } from '../../../functions/authz/domain/conditions.ts';
import { inRange, parseIp, parseRange } from '../../../functions/authz/domain/ip-range.ts';
import type { Conditions } from '../../../functions/authz/domain/model.ts';
import { compileWindow } from '../../../functions/authz/domain/time-window.ts';
import type { DecisionInputs } from '../../../functions/shared/kernel/decision.ts';

describe('IP ranges', () => {
  const within = (range: string, ip: string): boolean | undefined => {
    const [parsed, address] = [parseRange(range), parseIp(ip)];
    return parsed && address && inRange(parsed, address);
  };

  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['192.168.1.130/25', '192.168.1.200', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '2001:db8::1', true],
    ['::1/128', '::1', true],
  ])('%s and %s', (range, ip, expected) => expect(within(range, ip)).toBe(expected));

  test.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/',
    '10.0.0.1/08',
    '1::2::3',
    ':::',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3',
    '1.2.3.4::',
    '10.0.0.1\n',
    '[::1]',
    '10.0.0.1:80',
  ])('%j is no range', (text) => expect(parseRange(text)).toBeUndefined());
});

describe('time windows', () => {
  const at = (text: string): number => Date.parse(text);

  test('hold from inclusive, to exclusive, on their days, in their zone', () => {
    const office = compileWindow({ zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:30' });
    expect(office(at('2026-11-23T08:00:00Z'))).toBe(true);
    expect(office(at('2026-11-23T07:59:59.999Z'))).toBe(false);
    expect(office(at('2026-11-23T16:29:59.999Z'))).toBe(true);
    expect(office(at('2026-11-23T16:30:00Z'))).toBe(false);
    expect(office(at('2026-11-22T12:00:00Z'))).toBe(false);
    expect(office(at('2026-07-20T07:00:00Z'))).toBe(true);
  });

  test('that cross midnight belong to the day on which they begin', () => {
    const night = compileWindow({ zone: 'UTC', days: ['fri'], from: '22:00', to: '06:00' });
    expect(night(at('2026-11-20T22:00:00Z'))).toBe(true);
    expect(night(at('2026-11-21T05:59:00Z'))).toBe(true);
    expect(night(at('2026-11-21T22:00:00Z'))).toBe(false);
    expect(night(at('2026-11-20T05:00:00Z'))).toBe(false);
  });

  test('follow changes of the offset to the quarter of an hour', () => {
    const hour = compileWindow({ zone: 'Australia/Lord_Howe', from: '02:00', to: '02:30' });
    const seen = Array.from({ length: 96 }, (_, quarter) => hour(at('2026-10-03T00:00:00Z') + quarter * 900_000)).filter(Boolean);
    // On 4 October 2026 clocks jump there from 02:00 to 02:30.
    expect(seen).toHaveLength(0);
    const early = compileWindow({ zone: 'Asia/Kathmandu', from: '00:00', to: '00:15' });
    expect(early(at('2026-01-01T18:15:00Z'))).toBe(true);
  });

  test('without times hold all day, without days every day', () => {
    expect(compileWindow({ zone: 'UTC', days: ['sun'] })(at('2026-11-22T23:59:59Z'))).toBe(true);
    expect(compileWindow({ zone: 'UTC', from: '12:00' })(at('2026-11-22T23:59:59Z'))).toBe(true);
    expect(compileWindow({ zone: 'UTC', to: '24:00' })(at('2026-11-22T23:59:59Z'))).toBe(true);
  });
});

describe('a missing input', () => {
  const cases: [Conditions, DecisionInputs, DecisionInputs][] = [
    [{ ip: ['10.0.0.0/8'] }, { ip: '10.0.0.1' }, { ip: '11.0.0.1' }],
    [{ time: { zone: 'UTC', from: '09:00', to: '10:00' } }, { timeMs: Date.UTC(2026, 1, 1, 9) }, { timeMs: Date.UTC(2026, 1, 1, 10) }],
    [{ environment: ['production'] }, { environment: 'production' }, { environment: 'staging' }],
    [{ mfa: true }, { mfa: true }, { mfa: false }],
    [{ attributes: { team: ['red'] } }, { attributes: { team: 'red' } }, { attributes: { team: 'blue' } }],
  ];
  test.each(cases)('counts as the caller of %j says, and a given one as it is', (conditions, holds, fails) => {
    const compiled = compileConditions(conditions);
    for (const missing of [true, false]) {
      expect(compiled?.({}, missing)).toBe(missing);
      expect(compiled?.(holds, missing)).toBe(true);
      expect(compiled?.(fails, missing)).toBe(false);
    }
  });

  test('is also one that cannot be read', () => {
    expect(compileConditions({ ip: ['0.0.0.0/0'] })?.({ ip: 'not an address' }, false)).toBe(false);
    expect(compileConditions({ time: { zone: 'UTC', days: ['mon'] } })?.({ timeMs: Number.NaN }, true)).toBe(true);
    expect(compileConditions({ time: { zone: 'UTC', days: ['mon'] } })?.({ timeMs: 1e300 }, false)).toBe(false);
    const inherited = Object.create({ team: 'red' }) as Record<string, string>;
    expect(compileConditions({ attributes: { team: ['red'] } })?.({ attributes: inherited }, false)).toBe(false);
    expect(compileConditions({ attributes: { constructor: ['red'] } })?.({ attributes: {} }, false)).toBe(false);
  });

  test('stands for conditions that we cannot read either', () => {
    for (const broken of [{ time: { zone: 'Mars/Olympus' } }, { phase: 'moon' }, { ip: ['nonsense'] }] as Conditions[]) {
      expect(compileConditions(broken)?.({ ip: '10.0.0.1', timeMs: 0 }, true)).toBe(true);
      expect(compileConditions(broken)?.({ ip: '10.0.0.1', timeMs: 0 }, false)).toBe(false);
    }
  });
});

describe('conditions cover others', () => {
  test.each([
    [undefined, { mfa: true }, true],
    [{ mfa: true }, undefined, false],
    [{ ip: ['10.0.0.0/8'] }, { ip: ['10.1.0.0/16'], mfa: true }, true],
    [{ ip: ['10.1.0.0/16'] }, { ip: ['10.0.0.0/8'] }, false],
    [{ ip: ['10.0.0.0/9', '10.128.0.0/9'] }, { ip: ['10.0.0.0/8'] }, false],
    [{ environment: ['production', 'staging'] }, { environment: ['staging'] }, true],
    [{ environment: ['staging'] }, { environment: ['production', 'staging'] }, false],
    [{ time: { zone: 'UTC', days: ['mon', 'tue'] } }, { time: { zone: 'UTC', days: ['tue'] } }, true],
    [{ time: { zone: 'UTC', days: ['tue'] } }, { time: { zone: 'UTC' } }, false],
    [{ time: { zone: 'UTC', from: '09:00' } }, { time: { zone: 'Europe/Berlin', from: '09:00' } }, false],
    [{ attributes: { team: ['red', 'blue'] } }, { attributes: { team: ['red'], level: ['1'] } }, true],
    [{ attributes: { team: ['red'] } }, { attributes: { level: ['1'] } }, false],
  ] as [Conditions | undefined, Conditions | undefined, boolean][])('%j, %j: %s', (outer, inner, expected) => {
    expect(conditionsCover(outer, inner)).toBe(expected);
  });
});
