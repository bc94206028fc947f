// The answer of a scan: what was found, what was done about it, and the text that may go on.
import type { PiiAction } from './policy.ts';

export type FindingType = 'denyList' | 'pii' | 'content' | 'injection' | 'secret';

export interface Finding {
  /** The policy's id. */
  readonly policy: string;
  readonly type: FindingType;
  /** The policy's key, a custom pattern's name, or a deny list's id. */
  readonly category: string;
  /** UTF-16 code units of the original text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly score?: number;
  readonly action: PiiAction;
  /** In monitor mode: what enforcing would have done. */
  readonly wouldBe?: PiiAction;
  /** For `messages`: the JSON pointer of the string that the offsets count in. */
  readonly path?: string;
}

type VerdictAction = 'allow' | 'redact' | 'block';

type BlockCode = 'deny-list-match' | 'pii-detected' | 'secret-detected' | 'content-violation' | 'injection-detected';

export interface BlockError {
  readonly code: BlockCode;
  readonly message: string;
}

/** A verdict on one text; a blocked one has an error and no text. */
export interface Verdict {
  readonly action: VerdictAction;
  readonly text?: string;
  readonly findings: readonly Finding[];
  readonly error?: BlockError;
  /** The models' highest scores, where a policy asks for models. */
  readonly scores?: Readonly<Record<string, number>>;
}

/** In the order in which protections are evaluated; the first that blocks names the error. */
const blockErrors: readonly (readonly [FindingType, BlockError])[] = [
  ['denyList', { code: 'deny-list-match', message: 'the text holds a term of a deny list' }],
  ['pii', { code: 'pii-detected', message: 'the text holds personal data that a policy blocks' }],
  ['secret', { code: 'secret-detected', message: 'the text holds a secret' }],
  ['content', { code: 'content-violation', message: 'the text violates a content policy' }],
  ['injection', { code: 'injection-detected', message: 'the text looks like a prompt injection' }],
];

/** @returns the error of the first blocking protection, or undefined where nothing blocks */
export const blockErrorOf = (findings: readonly Finding[]): BlockError | undefined => {
  const blocking = new Set<FindingType>();
  for (const finding of findings) if (finding.action === 'block') blocking.add(finding.type);
  return blockErrors.find(([type]) => blocking.has(type))?.[1];
};
