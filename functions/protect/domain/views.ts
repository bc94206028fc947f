// The views of one text that every detector looks at: as it is, without disguise, joined, and decoded, a bounded number of times.
import { decodeView } from './decode-view.ts';
import { foldView } from './fold-view.ts';
import { joinView } from './join-view.ts';
import { leetView, rot13View, wordView } from './letter-views.ts';
import { traitsOf } from './traits.ts';
import { originalView, type View } from './view.ts';

export interface Views {
  /** The text as it is, first; then each rewritten form that differs from the one before. */
  readonly all: readonly View[];
  /** The most rewritten of these with digits and signs inside words read as letters, where there are any. */
  leet(): View | undefined;
  /** Whether digits or `$` stand beside letters in the text as it is. */
  readonly mayBeLeet: boolean;
  /** As {@link Views.leet}, with `@` as it is. */
  leetAddress(): View | undefined;
  /** The most rewritten of these with signs between words as spaces, where there are any. */
  words(): View | undefined;
  /** Whether rot13 can hide anything: the text has letters of the Latin alphabet. */
  readonly mayBeRotated: boolean;
  /** The most rewritten of these under rot13. */
  rot13(): View;
}

/** Encodings inside encodings that are followed. */
const maxDepth = 3;

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** @returns the views of a text; linear: at most {@link maxDepth} rounds rewrite it, each in three steps */
export const viewsOf = (text: string): Views => {
  const all: View[] = [originalView(text)];
  let view = all[0] as View;
  const step = (next: View): void => {
    if (next !== view) all.push(next);
    view = next;
  };
  let { disguised, apart, encoded, leet: mayBeLeet } = traitsOf(text);
  // Tag characters are decoded before folding takes them off.
  if (encoded && text.includes('\udb40')) step(decodeView(view));
  for (let depth = 0; depth < maxDepth && (disguised || encoded); depth += 1) {
    const before = view;
    if (disguised) step(foldView(view));
    if (view !== before) encoded = traitsOf(view.text).encoded;
    if (encoded) step(decodeView(view));
    if (view === before) break;
    ({ disguised, apart, encoded, leet: mayBeLeet } = traitsOf(view.text));
  }
  if (apart) step(joinView(view));
  return {
    all,
    mayBeLeet,
    mayBeRotated: /[a-z]{3}/i.test(text),
    leet: once(() => leetView(view)),
    leetAddress: once(() => leetView(view, true)),
    words: once(() => wordView(view)),
    rot13: once(() => rot13View(view)),
  };
};
