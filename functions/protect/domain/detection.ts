// What a detector says of one text: where, what, how sure, and by which rule.

export interface Detection {
  /** UTF-16 code units of the text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** In [0, 1]. */
  readonly score: number;
  /** The detector's rule, for tuning. */
  readonly rule: string;
}

/** Pure, and linear in the text: each offset is looked at a bounded number of times. */
export type Detector = (text: string) => Detection[];

/** Lower-cased text before an offset, as far as context words count. */
export const before = (text: string, start: number, units: number): string => text.slice(Math.max(0, start - units), start).toLowerCase();

/** Lower-cased text from an offset on, as far as context words count. */
export const after = (text: string, end: number, units: number): string => text.slice(end, end + units).toLowerCase();

export const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** ASCII letters, digits and `_`, and everything outside ASCII that is a letter or digit. */
export const isWordUnit = (unit: number): boolean =>
  isDigit(unit) ||
  (unit >= 65 && unit <= 90) ||
  (unit >= 97 && unit <= 122) ||
  unit === 95 ||
  (unit >= 128 && /[\p{L}\p{N}]/u.test(String.fromCharCode(unit)));
