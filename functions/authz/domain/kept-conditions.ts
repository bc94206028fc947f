// Conditions asked with what a usage record keeps: yes, no, or unknown where the kept inputs do not settle them.
import { parseRange, rangeCovers } from './ip-range.ts';
import type { Conditions } from './model.ts';
import { compileWindow } from './time-window.ts';
import { hourMs } from './usage.ts';

export type Settled = boolean | 'unknown';

/** The inputs of one kept decision, as one holder of its chain sees them. */
export interface KeptInputs {
  /** When the decision's hour began; undefined: not kept. */
  readonly hourStartMs: number | undefined;
  /** Undefined: the address was missing. */
  readonly network: string | undefined;
  readonly environment: string | undefined;
  readonly mfa: boolean | undefined;
  /** Undefined: they were others than now, and what they were is not kept. */
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

export type InputName = 'ip' | 'time' | 'environment' | 'mfa' | 'attributes' | 'unreadable';

/** One condition. */
export interface KeptPart {
  readonly name: InputName;
  readonly test: (inputs: KeptInputs, missing: boolean) => Settled;
}

const minuteMs = 60_000;
const maxRemembered = 10_000;

/** Remembers answers, of which there are few: hours of a year, networks. */
const remembering = <K>(answer: (of: K) => Settled): ((of: K) => Settled) => {
  const known = new Map<K, Settled>();
  return (of) => {
    const found = known.get(of);
    if (found !== undefined) return found;
    if (known.size >= maxRemembered) known.clear();
    const made = answer(of);
    known.set(of, made);
    return made;
  };
};

/** What stands in for conditions that cannot be read: an error is a deny. */
const unreadable: KeptPart = { name: 'unreadable', test: (_, missing) => missing };

const readable = (name: InputName, make: () => KeptPart['test']): KeptPart => {
  try {
    return { name, test: make() };
  } catch {
    return unreadable;
  }
};

const keptIp = (ranges: readonly string[]): KeptPart['test'] => {
  const parsed = ranges.flatMap((text) => parseRange(text) ?? []);
  if (parsed.length !== ranges.length) return unreadable.test;
  const test = remembering((network: string): Settled => {
    const kept = parseRange(network);
    if (kept === undefined) return 'unknown';
    if (parsed.some((range) => rangeCovers(range, kept))) return true;
    return parsed.some((range) => rangeCovers(kept, range)) ? 'unknown' : false;
  });
  return ({ network }, missing) => (network === undefined ? missing : test(network));
};

const keptTime = (window: NonNullable<Conditions['time']>): KeptPart['test'] => {
  const inWindow = compileWindow(window);
  const test = remembering((startMs: number): Settled => {
    const first = inWindow(startMs);
    // INVARIANT: windows begin and end at whole minutes.
    for (let at = startMs + minuteMs; at < startMs + hourMs; at += minuteMs) if (inWindow(at) !== first) return 'unknown';
    return first;
  });
  return ({ hourStartMs }) => (hourStartMs === undefined ? 'unknown' : test(hourStartMs));
};

const keptEnvironment = (names: readonly string[]): KeptPart['test'] => {
  const set = new Set(names);
  return ({ environment }, missing) => (environment === undefined ? missing : set.has(environment));
};

const keptAttribute = (name: string, values: readonly string[]): KeptPart['test'] => {
  const set = new Set(values);
  return ({ attributes }, missing) => {
    if (attributes === undefined) return 'unknown';
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return value === undefined ? missing : set.has(value);
  };
};

/** @returns a test for each condition; all of them must hold */
export const compileKept = (conditions: Conditions | undefined): readonly KeptPart[] => {
  if (conditions === undefined) return [];
  const { ip, time, environment, mfa, attributes, ...unknown } = conditions;
  const parts: KeptPart[] = [];
  if (Object.keys(unknown).length > 0) parts.push(unreadable);
  if (environment !== undefined) parts.push(readable('environment', () => keptEnvironment(environment)));
  if (mfa !== undefined) parts.push({ name: 'mfa', test: (inputs, missing) => inputs.mfa ?? missing });
  if (ip !== undefined) parts.push(readable('ip', () => keptIp(ip)));
  if (time !== undefined) parts.push(readable('time', () => keptTime(time)));
  for (const [name, values] of Object.entries(attributes ?? {})) parts.push(readable('attributes', () => keptAttribute(name, values)));
  return parts;
};

/** @param missing what a condition counts as when its input was missing */
export const testKept = (parts: readonly KeptPart[], inputs: KeptInputs, missing: boolean): Settled => {
  let all: Settled = true;
  for (const { test } of parts) {
    const one = test(inputs, missing);
    if (one === false) return false;
    if (one === 'unknown') all = one;
  }
  return all;
};
