// Prompt injection and jailbreak by the trained model: sentence by sentence and window by window, in every view of the text.
import { modelDetector } from './model-detector.ts';

/** Commoner than any other English words: a text without them may be rotated. */
const english = /\b(?:the|to|and|of|you|is|in|a|for|i)\b/i;

/** A longer text is not looked at under rot13: an attack worth rotating is short. */
const maxRotatedUnits = 16_384;

export const injection = modelDetector(['injection'], (views) => {
  const last = views.all.at(-1);
  const text = last?.text ?? '';
  const isRotated = views.mayBeRotated && text.length <= maxRotatedUnits && (!english.test(text) || /rot.?13|decode|decipher/i.test(text));
  return [...views.all, views.leet(), isRotated ? views.rot13() : undefined];
});
