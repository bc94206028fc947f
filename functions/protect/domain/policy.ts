// Protection policies and deny lists as the engine takes them.

export const piiTypes = ['email', 'phone', 'creditCard', 'ssn', 'address'] as const;
export type PiiType = (typeof piiTypes)[number];

/** What a policy does with personal data that it finds, from lax to strict. */
export type PiiAction = 'log' | 'redact' | 'block';
type Sensitivity = 'high' | 'medium' | 'low' | 'off';

export const contentCategories = ['violence', 'selfHarm', 'illegal', 'explicit', 'offensive', 'offTopic'] as const;
type ContentCategory = (typeof contentCategories)[number];

/** Every workspace of the organization, or those named. */
export type Workspaces = '*' | readonly string[];

/** A customer's own kind of personal data. */
interface CustomPattern {
  /** The finding's category; upper-cased in its redaction token. */
  readonly name: string;
  /** RE2 syntax. */
  readonly pattern: string;
  readonly action: PiiAction;
}

export interface PiiSettings {
  readonly types: Readonly<Partial<Record<PiiType, PiiAction>>>;
  readonly custom: readonly CustomPattern[];
  /** Values that are never findings, compared without case, white space and (in numbers) punctuation. */
  readonly allow: readonly string[];
}

interface ContentSettings extends Readonly<Partial<Record<ContentCategory, Sensitivity>>> {
  readonly domain?: { readonly description: string; readonly examples: readonly string[] };
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly mode: 'enforce' | 'monitor';
  readonly workspaces: Workspaces;
  /** JSON pointers that a step may weaken. */
  readonly optional: readonly string[];
  readonly denyLists: readonly string[];
  readonly pii?: PiiSettings;
  readonly content?: ContentSettings;
  readonly injection?: Sensitivity;
  readonly secrets?: 'redact' | 'block' | 'off';
  readonly version: number;
}

type DenyEntryType = 'phrase' | 'keyword' | 'regex';

/** What the engine needs of an entry. */
export interface DenyTerm {
  readonly type: DenyEntryType;
  readonly value: string;
}

export interface DenyList {
  readonly id: string;
  readonly workspaces: Workspaces;
  readonly entries: readonly DenyTerm[];
}

/** @returns whether a policy or list of these workspaces acts in that one */
export const actsIn = (workspaces: Workspaces, workspace: string): boolean => workspaces === '*' || workspaces.includes(workspace);
