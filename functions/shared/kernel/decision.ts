// The shape of a decision and of what conditions may ask about.

/** Inputs of conditions; an absent one is missing: it makes an allow not match and a deny match. */
export interface DecisionInputs {
  readonly ip?: string;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs?: number;
  readonly environment?: string;
  readonly mfa?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** One grant that took part in a decision, with where it comes from. */
export interface Match {
  readonly role: string;
  readonly policy?: string;
  readonly permission: string;
  readonly assignment: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** One sentence for an administrator. */
  readonly reason: string;
  readonly matched: readonly Match[];
}
