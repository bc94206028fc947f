// Secrets of the vault in a text, through a matcher of keyed fingerprints: as they stand, and with the white space that splits them taken out.
import type { Span } from './term-automaton.ts';
import { editView, originalSpan, type View } from './view.ts';

/** Finds a workspace's secrets in a text, in every form that their fingerprints were made of; pure, linear, by start. */
export interface SecretMatcher {
  /** Code units of the longest form. */
  readonly maxUnits: number;
  readonly find: (text: string) => readonly Span[];
}

const whiteSpace = /\s/;

const squeezed = (view: View): View | undefined => {
  const { text } = view;
  if (!whiteSpace.test(text)) return undefined;
  const out = editView(view);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isSpace = unit === 32 || (unit >= 9 && unit <= 13) || (unit > 127 && whiteSpace.test(String.fromCharCode(unit)));
    if (isSpace) out.replace(at, at + 1, '');
  }
  return out.view();
};

/** @returns spans in the original text */
export const findKnownSecrets = (match: SecretMatcher, views: readonly View[]): Span[] => {
  const found: Span[] = [];
  for (const view of views) {
    for (const { start, end } of match.find(view.text)) found.push(originalSpan(view, start, end));
  }
  const tight = views[0] === undefined ? undefined : squeezed(views[0]);
  if (tight !== undefined) for (const { start, end } of match.find(tight.text)) found.push(originalSpan(tight, start, end));
  return found;
};
