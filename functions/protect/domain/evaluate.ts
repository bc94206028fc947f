// From an engine and a text to a verdict: deny lists first and final, then personal data, secrets and models; across policies the strictest action wins.
import { beforeUnits, scanBlock } from './blocks.ts';
import type { Engine } from './engine.ts';
import { workAllowance } from './pattern-run.ts';
import { type Redaction, redact, redactionToken } from './redact.ts';
import type { PieceFindings, ScanContext } from './scan-piece.ts';
import { blockErrorOf, type Finding, type Verdict } from './verdict.ts';

/** Code units of one text, at most; a longer one is refused, never cut. */
export const maxTextUnits = 1_048_576;

/** The text is longer than {@link maxTextUnits}. */
export class TextTooLong extends Error {
  constructor() {
    super(`a text has at most ${maxTextUnits} code units`);
    this.name = 'TextTooLong';
  }
}

const byPlace = (a: Finding, b: Finding): number => a.start - b.start || a.end - b.end;

export const redactionsOf = (findings: readonly Finding[]): Redaction[] =>
  findings.filter(({ action }) => action === 'redact').map(({ start, end, category }) => ({ start, end, token: redactionToken(category) }));

/** What the blocks of one text gave so far. */
export interface Gathered {
  readonly denied: Finding[];
  readonly others: Finding[];
  readonly scores: Record<string, number>;
}

export const gather = (gathered: Gathered, { denied, others, scores }: PieceFindings): void => {
  for (const finding of denied) gathered.denied.push(finding);
  for (const finding of others) gathered.others.push(finding);
  for (const [category, score] of Object.entries(scores)) gathered.scores[category] = Math.max(gathered.scores[category] ?? 0, score);
};

/** @returns the verdict without its text. INVARIANT: an enforced deny list is final: nothing beside it is told, and nothing softens it. */
export const verdictOf = ({ denied, others, scores }: PieceFindings): Omit<Verdict, 'text'> => {
  const isDenied = denied.some(({ action }) => action === 'block');
  const findings = (isDenied ? [...denied] : [...denied, ...others]).sort(byPlace);
  const error = blockErrorOf(findings);
  const scored = Object.keys(scores).length === 0 || isDenied ? {} : { scores };
  if (error !== undefined) return { action: 'block', findings, error, ...scored };
  return { action: findings.some(({ action }) => action === 'redact') ? 'redact' : 'allow', findings, ...scored };
};

/**
 * @throws TextTooLong
 * @throws WorkExceeded when the patterns of an enforcing policy take more work than the text allows: treat it as a block
 */
export const evaluate = (engine: Engine, text: string, context: ScanContext = {}): Verdict => {
  if (text.length > maxTextUnits) throw new TextTooLong();
  const gathered: Gathered = { denied: [], others: [], scores: {} };
  for (let from = 0; from === 0 || from < text.length; ) {
    const heldFrom = Math.max(0, from - beforeUnits);
    const block = scanBlock(engine, heldFrom === 0 ? text : text.slice(heldFrom), heldFrom, from, context, 'stop');
    gather(gathered, block);
    if (block.end <= from) break;
    from = block.end;
  }
  const verdict = verdictOf(gathered);
  if (verdict.action === 'block') return verdict;
  return { ...verdict, text: verdict.action === 'redact' ? redact(text, redactionsOf(verdict.findings)) : text };
};

/** A verdict on several texts together: what one of them blocks is blocked whole. */
export interface JointVerdict extends Omit<Verdict, 'text'> {
  /** The texts that may go on, in order; absent when blocked. */
  readonly texts?: readonly string[];
}

/** @throws as {@link evaluate} */
export const evaluateAll = (
  engine: Engine,
  placed: readonly { readonly path: string; readonly text: string; readonly fixed?: true }[],
  context: ScanContext = {},
): JointVerdict => {
  const shared: ScanContext = { ...context, allowance: workAllowance() };
  const verdicts = placed.map(({ path, text, fixed }) => {
    const verdict = evaluate(engine, text, shared);
    // INVARIANT: what cannot be replaced is not let through.
    const action = (finding: Finding) => (fixed === true && finding.action === 'redact' ? 'block' : finding.action);
    return { ...verdict, findings: verdict.findings.map((finding) => ({ ...finding, action: action(finding), path })) };
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
