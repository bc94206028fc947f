// From an engine and a text to a verdict: deny lists first and final, then personal data; across policies the strictest action wins.
import type { ActingDenyList, CompiledPolicy, Engine } from './engine.ts';
import { type FoldedText, fold } from './fold.ts';
import { WorkExceeded, workBudget } from './pattern-run.ts';
import { findPersonalData, type PersonalData } from './personal-data.ts';
import type { PiiAction } from './policy.ts';
import { type Redaction, redact, redactionToken } from './redact.ts';
import { maxSpanUnits, type Span } from './term-automaton.ts';
import { blockErrorOf, type Finding, type FindingType, type Verdict } from './verdict.ts';

/** Code units of one text, at most; a longer one is refused, never cut. */
export const maxTextUnits = 1_048_576;

/** The text is longer than {@link maxTextUnits}. */
export class TextTooLong extends Error {
  constructor() {
    super(`a text has at most ${maxTextUnits} code units`);
    this.name = 'TextTooLong';
  }
}

/** Several policies share the lists, the folded view and the personal data of one text. */
interface Scan {
  readonly text: string;
  readonly folded: () => FoldedText;
  readonly personalData: () => readonly PersonalData[];
  readonly spansOf: (list: ActingDenyList) => readonly Span[];
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const scanOf = (text: string): Scan => {
  const folded = once(() => fold(text));
  const spans = new Map<ActingDenyList['compiled'], readonly Span[] | WorkExceeded>();
  const find = (compiled: ActingDenyList['compiled']): readonly Span[] | WorkExceeded => {
    try {
      return compiled.find(text, folded, workBudget(text.length));
    } catch (error) {
      if (error instanceof WorkExceeded) return error;
      throw error;
    }
  };
  return {
    text,
    folded,
    personalData: once(() => findPersonalData(text)),
    spansOf: ({ compiled }) => {
      const found = spans.get(compiled) ?? find(compiled);
      spans.set(compiled, found);
      if (found instanceof WorkExceeded) throw found;
      return found;
    },
  };
};

interface Found {
  readonly type: FindingType;
  readonly category: string;
  readonly start: number;
  readonly end: number;
  readonly score?: number;
  readonly action: PiiAction;
}

/** Monitor mode records what would have been done and does nothing. */
const findingOf = ({ policy }: CompiledPolicy, { action, ...found }: Found): Finding =>
  policy.mode === 'enforce' ? { policy: policy.id, ...found, action } : { policy: policy.id, ...found, action: 'log', wouldBe: action };

const deniedBy = (compiled: CompiledPolicy, scan: Scan): Finding[] =>
  compiled.denyLists.flatMap((list) =>
    scan.spansOf(list).map(({ start, end }) => findingOf(compiled, { type: 'denyList', category: list.id, start, end, action: 'block' })),
  );

const personalDataOf = (compiled: CompiledPolicy, scan: Scan): Finding[] => {
  const { policy, custom, allows } = compiled;
  const findings: Finding[] = [];
  const add = (category: string, { start, end }: Span, score: number, action: PiiAction): void => {
    if (!allows(scan.text.slice(start, end))) findings.push(findingOf(compiled, { type: 'pii', category, start, end, score, action }));
  };
  const types = policy.pii?.types ?? {};
  if (Object.keys(types).length > 0) {
    for (const found of scan.personalData()) {
      const action = types[found.type];
      // INVARIANT: no finding spans more than the streamed scan can hold back.
      if (action !== undefined && found.end - found.start <= maxSpanUnits) add(found.type, found, found.score, action);
    }
  }
  const budget = workBudget(scan.text.length);
  for (const { name, action, detect } of custom) {
    for (const found of detect(scan.text, budget)) add(name, found, found.score, action);
  }
  return findings;
};

/** A policy that only watches must not stop a text for want of work; an enforcing one fails closed. */
const run = (compiled: CompiledPolicy, stage: () => Finding[]): Finding[] => {
  try {
    return stage();
  } catch (error) {
    if (error instanceof WorkExceeded && compiled.policy.mode === 'monitor') return [];
    throw error;
  }
};

const byPlace = (a: Finding, b: Finding): number => a.start - b.start || a.end - b.end;

const redactionsOf = (findings: readonly Finding[]): Redaction[] =>
  findings.filter(({ action }) => action === 'redact').map(({ start, end, category }) => ({ start, end, token: redactionToken(category) }));

/**
 * @throws TextTooLong
 * @throws WorkExceeded when the patterns of an enforcing policy take more work than the text allows: treat it as a block
 */
export const evaluate = (engine: Engine, text: string): Verdict => {
  if (text.length > maxTextUnits) throw new TextTooLong();
  const scan = scanOf(text);
  const findings = engine.policies.flatMap((compiled) => run(compiled, () => deniedBy(compiled, scan)));
  // INVARIANT: an enforced deny list is final: nothing else is looked for, and nothing can soften it.
  if (findings.some(({ action }) => action === 'block')) return blocked(findings);
  for (const compiled of engine.policies) for (const finding of run(compiled, () => personalDataOf(compiled, scan))) findings.push(finding);
  if (findings.some(({ action }) => action === 'block')) return blocked(findings);
  findings.sort(byPlace);
  const redactions = redactionsOf(findings);
  return redactions.length === 0 ? { action: 'allow', text, findings } : { action: 'redact', text: redact(text, redactions), findings };
};

/** A verdict on several texts together: what one of them blocks is blocked whole. */
export interface JointVerdict extends Omit<Verdict, 'text'> {
  /** The texts that may go on, in order; absent when blocked. */
  readonly texts?: readonly string[];
}

/** @throws as {@link evaluate} */
export const evaluateAll = (engine: Engine, placed: readonly { readonly path: string; readonly text: string }[]): JointVerdict => {
  const verdicts = placed.map(({ path, text }) => {
    const verdict = evaluate(engine, text);
    return { ...verdict, findings: verdict.findings.map((finding) => ({ ...finding, path })) };
  });
  const all = verdicts.flatMap(({ findings }) => findings);
  const error = blockErrorOf(all);
  if (error !== undefined) {
    const final = error.code === 'deny-list-match';
    return { action: 'block', findings: final ? all.filter(({ type }) => type === 'denyList') : all, error };
  }
  const action = verdicts.some((verdict) => verdict.action === 'redact') ? 'redact' : 'allow';
  return { action, findings: all, texts: verdicts.map(({ text }) => text ?? '') };
};

const blocked = (findings: Finding[]): Verdict => {
  findings.sort(byPlace);
  const error = blockErrorOf(findings);
  return { action: 'block', findings, ...(error === undefined ? {} : { error }) };
};
