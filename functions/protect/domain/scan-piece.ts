// What the policies of an engine find in one piece of text: deny lists first, then personal data, secrets, and what models say.
import { secret } from './detectors/secret.ts';
import type { ActingDenyList, CompiledPolicy, Engine } from './engine.ts';
import { findKnownSecrets, type SecretMatcher } from './known-secrets.ts';
import { type WorkAllowance, type WorkBudget, WorkExceeded, workBudget } from './pattern-run.ts';
import { findPersonalData, type PersonalData } from './personal-data.ts';
import type { PiiAction } from './policy.ts';
import { inViews, united } from './spans.ts';
import { maxSpanUnits, type Span } from './term-automaton.ts';
import type { Finding, FindingType } from './verdict.ts';
import { type Views, viewsOf } from './views.ts';

/** What a scan has beside its engine. */
export interface ScanContext {
  /** Of the workspace's vault; for outputs only. */
  readonly knownSecrets?: SecretMatcher;
  /** Of patterns' work, shared by the texts of one request. */
  readonly allowance?: WorkAllowance;
}

/** A streamed text is redacted up to where a deny list stops it; a whole one is not looked at any further. */
export type AfterDeny = 'stop' | 'go-on';

export interface PieceFindings {
  /** Of deny lists. */
  readonly denied: readonly Finding[];
  /** Of everything else; empty where an enforcing deny list matched and that ends the scan. */
  readonly others: readonly Finding[];
  /** The models' highest scores. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Several policies share the views, lists, personal data and secrets of one piece. */
interface Piece {
  readonly text: string;
  readonly views: Views;
  readonly personalData: () => readonly PersonalData[];
  readonly secrets: () => readonly Span[];
  readonly spansOf: (list: ActingDenyList) => readonly Span[];
  readonly budget: () => WorkBudget;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const pieceOf = (text: string, { knownSecrets, allowance }: ScanContext): Piece => {
  const views = viewsOf(text);
  const budget = (): WorkBudget =>
    workBudget(
      views.all.reduce((sum, view) => sum + view.text.length, 0),
      allowance,
    );
  const spans = new Map<ActingDenyList['compiled'], readonly Span[] | WorkExceeded>();
  const find = (compiled: ActingDenyList['compiled']): readonly Span[] | WorkExceeded => {
    try {
      return compiled.find(views, budget());
    } catch (error) {
      if (error instanceof WorkExceeded) return error;
      throw error;
    }
  };
  return {
    text,
    views,
    budget,
    personalData: once(() => findPersonalData(text, views)),
    secrets: once(() => {
      const known = knownSecrets === undefined ? [] : findKnownSecrets(knownSecrets, views.all);
      return united([...inViews(views.all, secret), ...known.filter(({ start, end }) => end - start <= maxSpanUnits)]);
    }),
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

const deniedBy = (compiled: CompiledPolicy, piece: Piece): Finding[] =>
  compiled.denyLists.flatMap((list) =>
    piece.spansOf(list).map(({ start, end }) => findingOf(compiled, { type: 'denyList', category: list.id, start, end, action: 'block' })),
  );

const personalDataOf = (compiled: CompiledPolicy, piece: Piece): Finding[] => {
  const { policy, custom, allows } = compiled;
  const findings: Finding[] = [];
  const add = (category: string, { start, end }: Span, score: number, action: PiiAction): void => {
    if (!allows(piece.text.slice(start, end))) findings.push(findingOf(compiled, { type: 'pii', category, start, end, score, action }));
  };
  const types = policy.pii?.types ?? {};
  if (Object.keys(types).length > 0) {
    for (const found of piece.personalData()) {
      const action = types[found.type];
      if (action !== undefined) add(found.type, found, found.score, action);
    }
  }
  const budget = piece.budget();
  for (const { name, action, detect } of custom) {
    const found = inViews(piece.views.all, (text) => detect.find(text, budget));
    for (const detection of piece.views.all.length === 1 ? found : united(found)) add(name, detection, detection.score, action);
  }
  return findings;
};

const secretsOf = (compiled: CompiledPolicy, piece: Piece): Finding[] => {
  const { secrets = 'off' } = compiled.policy;
  if (secrets === 'off') return [];
  return piece
    .secrets()
    .filter(({ start, end }) => !compiled.allows(piece.text.slice(start, end)))
    .map(({ start, end }) => findingOf(compiled, { type: 'secret', category: 'secret', start, end, action: secrets }));
};

const modelsOf = (compiled: CompiledPolicy, piece: Piece, scores: Record<string, number>): Finding[] =>
  compiled.models.flatMap(({ type, detect }) => {
    const outcome = detect(piece.views);
    for (const [category, score] of Object.entries(outcome.scores)) scores[category] = Math.max(scores[category] ?? 0, score);
    return outcome.findings
      .filter(({ start, end }) => end - start <= maxSpanUnits)
      .map(({ category, start, end, score }) => findingOf(compiled, { type, category, start, end, score, action: 'block' }));
  });

/** A policy that only watches must not stop a text for want of work; an enforcing one fails closed. */
const run = (compiled: CompiledPolicy, stage: () => Finding[]): Finding[] => {
  try {
    return stage();
  } catch (error) {
    if (error instanceof WorkExceeded && compiled.policy.mode === 'monitor') return [];
    throw error;
  }
};

/**
 * @returns findings with offsets in the piece
 * @throws WorkExceeded when the patterns of an enforcing policy take more work than the piece allows
 */
export const scanPiece = (engine: Engine, text: string, context: ScanContext, afterDeny: AfterDeny): PieceFindings => {
  const piece = pieceOf(text, context);
  const denied = engine.policies.flatMap((compiled) => run(compiled, () => deniedBy(compiled, piece)));
  // INVARIANT: an enforced deny list is final: nothing else is looked for, and nothing can soften it.
  if (afterDeny === 'stop' && denied.some(({ action }) => action === 'block')) return { denied, others: [], scores: {} };
  const scores: Record<string, number> = {};
  const others: Finding[] = [];
  for (const stage of [personalDataOf, secretsOf]) {
    for (const compiled of engine.policies) for (const finding of run(compiled, () => stage(compiled, piece))) others.push(finding);
  }
  for (const compiled of engine.policies) for (const finding of modelsOf(compiled, piece, scores)) others.push(finding);
  return { denied, others, scores };
};
