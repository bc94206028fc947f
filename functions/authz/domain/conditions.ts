// Conditions: a closed, total set. Compiled once, then asked with inputs of which any may be missing.
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import { inRange, parseIp, parseRange, rangeCovers } from './ip-range.ts';
import type { Conditions } from './model.ts';
import { compileWindow } from './time-window.ts';

/** @param missing what a condition counts as when its input is missing */
export type Test = (inputs: DecisionInputs, missing: boolean) => boolean;

/** The last time that a date can hold (ECMA-262), less a day of leeway for offsets. */
const maxTimeMs = 8.64e15 - 86_400_000;

const testIp = (ranges: readonly string[]): Test => {
  const parsed = ranges.flatMap((text) => parseRange(text) ?? []);
  if (parsed.length !== ranges.length) return (_, missing) => missing;
  return ({ ip }, missing) => {
    const address = ip === undefined ? undefined : parseIp(ip);
    return address === undefined ? missing : parsed.some((range) => inRange(range, address));
  };
};

const testTime = (window: NonNullable<Conditions['time']>): Test => {
  const inWindow = compileWindow(window);
  return ({ timeMs }, missing) => (timeMs === undefined || !(Math.abs(timeMs) < maxTimeMs) ? missing : inWindow(timeMs));
};

/** @throws TypeError for what is no list: a text would be taken for its letters, and null for nothing */
const setOf = (values: readonly string[]): ReadonlySet<string> => {
  if (!Array.isArray(values)) throw new TypeError('the values of a condition are a list');
  return new Set(values);
};

const testEnvironment = (names: readonly string[]): Test => {
  const set = setOf(names);
  return ({ environment }, missing) => (environment === undefined ? missing : set.has(environment));
};

const testMfa: Test = ({ mfa }, missing) => mfa ?? missing;

const testAttribute = (name: string, values: readonly string[]): Test => {
  const set = setOf(values);
  return ({ attributes }, missing) => {
    const value = attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return typeof value === 'string' ? set.has(value) : missing;
  };
};

/** What stands in for conditions that cannot be read: an error is a deny. */
const unreadable: Test = (_, missing) => missing;

/** @returns a test that all conditions hold, or undefined where there are none */
export const compileConditions = (conditions: Conditions | undefined): Test | undefined => {
  if (conditions === undefined) return undefined;
  const tests: Test[] = [];
  const { ip, time, environment, mfa, attributes, ...unknown } = conditions;
  try {
    if (ip !== undefined) tests.push(testIp(ip));
    if (time !== undefined) tests.push(testTime(time));
    if (environment !== undefined) tests.push(testEnvironment(environment));
    if (mfa !== undefined) tests.push(testMfa);
    for (const [name, values] of Object.entries(attributes ?? {})) tests.push(testAttribute(name, values));
  } catch {
    tests.push(unreadable);
  }
  if (Object.keys(unknown).length > 0) tests.push(unreadable);
  if (tests.length === 0) return undefined;
  return (inputs, missing) => tests.every((test) => test(inputs, missing));
};

const withinRanges = (outer: readonly string[], inner: readonly string[]): boolean => {
  const ranges = outer.flatMap((text) => parseRange(text) ?? []);
  return inner.every((text) => {
    const range = parseRange(text);
    return range !== undefined && ranges.some((candidate) => rangeCovers(candidate, range));
  });
};

const subset = (outer: readonly string[], inner: readonly string[]): boolean => {
  const values = new Set(outer);
  return inner.every((value) => values.has(value));
};

const sameWindow = (a: NonNullable<Conditions['time']>, b: NonNullable<Conditions['time']>): boolean =>
  a.zone === b.zone && a.from === b.from && a.to === b.to && (a.days === undefined || (b.days !== undefined && subset(a.days, b.days)));

/** @returns whether whoever meets `inner` surely meets `outer`: the same or fewer conditions, each the same or wider */
export const conditionsCover = (outer: Conditions | undefined, inner: Conditions | undefined): boolean => {
  if (outer === undefined) return true;
  const { ip, time, environment, mfa, attributes, ...unknown } = outer;
  if (Object.keys(unknown).length > 0) return false;
  return (
    (ip === undefined || (inner?.ip !== undefined && withinRanges(ip, inner.ip))) &&
    (time === undefined || (inner?.time !== undefined && sameWindow(time, inner.time))) &&
    (environment === undefined || (inner?.environment !== undefined && subset(environment, inner.environment))) &&
    (mfa === undefined || inner?.mfa === true) &&
    Object.entries(attributes ?? {}).every(([name, values]) => {
      const given = inner?.attributes;
      const own = given !== undefined && Object.hasOwn(given, name) ? given[name] : undefined;
      return own !== undefined && subset(values, own);
    })
  );
};

/** @returns whether the attributes that the conditions ask for are there, whatever else they ask; missing ones are not */
export const attributesHold = (conditions: Conditions, attributes: DecisionInputs['attributes']): boolean =>
  Object.entries(conditions.attributes ?? {}).every(([name, values]) =>
    testAttribute(name, values)(attributes === undefined ? {} : { attributes }, false),
  );
