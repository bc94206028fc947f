// How benches report: each makes one section of Markdown, from numbers of one run on one machine.

export interface Bench {
  readonly name: string;
  /** Measures, and returns the section's body. */
  readonly run: () => Promise<string>;
}

/** @returns a Markdown table */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** @param sorted ascending; @returns the value at that quantile, 0 for none */
export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
