// Personal-data finders of other projects, as spans by type; each is skipped, with the reason, where it is not installed in bench/peers.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPersonalData } from '../functions/protect/domain/personal-data.ts';

export type Kind = 'email' | 'phone' | 'creditCard' | 'ssn' | 'address';

export interface FoundSpan {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

export interface Finder {
  readonly name: string;
  /** What it can find at all. */
  readonly kinds: readonly Kind[];
  readonly find: (text: string) => readonly FoundSpan[] | Promise<readonly FoundSpan[]>;
}

const require = createRequire(join(import.meta.dirname, 'peers', 'package.json'));
const load = async (name: string): Promise<Record<string, unknown>> =>
  (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, unknown>;

/** Names that the peers give to what they find, by what they hold. */
const kindOf = (name: string): Kind | undefined => {
  const lower = name.toLowerCase();
  if (lower.includes('email')) return 'email';
  if (lower.includes('phone')) return 'phone';
  if (lower.includes('credit') || lower.includes('card')) return 'creditCard';
  if (lower.includes('ssn') || lower.includes('social')) return 'ssn';
  return /address|street|zip|postcode|location/.test(lower) && !lower.includes('ip_') ? 'address' : undefined;
};

/** Spans of values that a peer tells without their places. */
const placed = (text: string, values: readonly (readonly [string, string])[]): FoundSpan[] =>
  values.flatMap(([name, value]) => {
    const kind = kindOf(name);
    const start = kind === undefined || value === '' ? -1 : text.indexOf(value);
    return kind === undefined || start < 0 ? [] : [{ kind, start, end: start + value.length }];
  });

const all: readonly Kind[] = ['email', 'phone', 'creditCard', 'ssn', 'address'];

const libphonenumber = async (): Promise<Finder> => {
  const { findPhoneNumbersInText } = (await load('libphonenumber-js')) as {
    findPhoneNumbersInText: (text: string, country: string) => { startsAt: number; endsAt: number }[];
  };
  return {
    name: 'libphonenumber-js',
    kinds: ['phone'],
    find: (text) => findPhoneNumbersInText(text, 'US').map(({ startsAt, endsAt }) => ({ kind: 'phone', start: startsAt, end: endsAt })),
  };
};

const openredaction = async (): Promise<Finder> => {
  const { OpenRedaction } = (await load('openredaction')) as {
    OpenRedaction: new () => { detect: (text: string) => Promise<{ detections: { type: string; position: [number, number] }[] }> };
  };
  const detector = new OpenRedaction();
  return {
    name: 'openredaction',
    kinds: all,
    find: async (text) =>
      (await detector.detect(text)).detections.flatMap(({ type, position: [start, end] }) => {
        const kind = kindOf(type);
        return kind === undefined ? [] : [{ kind, start, end }];
      }),
  };
};

/** What was put in a value's place, and so the value: the text between the parts that stayed. */
const replacedSpans = (text: string, redacted: string): FoundSpan[] => {
  const token =
    /\b(?:EMAIL_ADDRESS|PHONE_NUMBER|CREDIT_CARD_NUMBER|US_SOCIAL_SECURITY_NUMBER|STREET_ADDRESS|ZIPCODE|[A-Z]{3,}(?:_[A-Z]+)*)\b/g;
  const spans: FoundSpan[] = [];
  let at = 0;
  let from = 0;
  const tokens = [...redacted.matchAll(token)].filter((match) => !text.includes(match[0]));
  for (const [index, match] of tokens.entries()) {
    const start = at + (match.index - from);
    from = match.index + match[0].length;
    const kept = redacted.slice(from, tokens[index + 1]?.index ?? redacted.length);
    const end = kept === '' ? text.length : text.indexOf(kept, start);
    if (end < 0) return spans;
    const kind = kindOf(match[0]);
    if (kind !== undefined) spans.push({ kind, start, end });
    at = end;
  }
  return spans;
};

const redactPii = async (): Promise<Finder> => {
  const { SyncRedactor } = (await load('redact-pii')) as { SyncRedactor: new () => { redact: (text: string) => string } };
  const redactor = new SyncRedactor();
  return { name: 'redact-pii', kinds: all, find: (text) => replacedSpans(text, redactor.redact(text)) };
};

const guardrails = async (): Promise<Finder> => {
  const { pii, PIIConfig } = (await load('@openai/guardrails')) as {
    pii: (context: object, text: string, config: object) => Promise<{ info: { detected_entities?: Record<string, string[]> } }>;
    PIIConfig?: { parse: (value: object) => object };
  };
  const entities = ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'CREDIT_CARD', 'US_SSN', 'LOCATION'];
  const asked = { entities, block: false, detect_encoded_pii: false };
  const config = PIIConfig?.parse(asked) ?? asked;
  return {
    name: '@openai/guardrails',
    kinds: all,
    find: async (text) => {
      const { info } = await pii({}, text, config);
      return placed(
        text,
        Object.entries(info.detected_entities ?? {}).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
      );
    },
  };
};

const ours: Finder = {
  name: 'this project',
  kinds: all,
  find: (text) => findPersonalData(text).map(({ type, start, end }) => ({ kind: type, start, end })),
};

/** @returns this project's finder first, then the peers at hand, and why others are not */
export const personalDataFinders = async (): Promise<{ finders: readonly Finder[]; absent: readonly string[] }> => {
  const finders: Finder[] = [ours];
  const absent: string[] = [];
  for (const [name, make] of [
    ['@openai/guardrails', guardrails],
    ['openredaction', openredaction],
    ['redact-pii', redactPii],
    ['libphonenumber-js', libphonenumber],
  ] as const) {
    try {
      const finder = await make();
      await finder.find('mail jane@example.com or call 415-555-2671');
      finders.push(finder);
    } catch (error) {
      absent.push(`${name}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 80) : 'failed'}`);
    }
  }
  return { finders, absent };
};
