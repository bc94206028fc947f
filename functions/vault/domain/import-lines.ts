// What an import would write: of each name the last line, with a reason for every line that is refused.
import type { EnvEntry } from './env-file.ts';
import { secretNamePattern } from './secret.ts';
import { valueFault } from './value.ts';

export interface ImportLine {
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

export interface RefusedLine {
  readonly line: number;
  /** Absent where what stands there is no name: it may be a value in the wrong place. */
  readonly name?: string;
  readonly detail: string;
}

/** Secrets that one import may write. */
export const maxImported = 2_000;

const refusalOf = ({ name, value, fault }: EnvEntry): string | undefined => {
  if (fault !== undefined) return fault;
  if (name === undefined || !secretNamePattern.test(name)) return 'a name is 1 to 128 of `A-Z`, `0-9` and `_`, beginning with a letter';
  return valueFault({ value: value ?? '', encoding: 'utf8' });
};

/** Where a name stands on several lines the last one counts, as it does for programs that load such files. */
export const importLines = (entries: readonly EnvEntry[]): { readonly lines: ImportLine[]; readonly refused: RefusedLine[] } => {
  const lines = new Map<string, ImportLine>();
  const refused: RefusedLine[] = [];
  for (const entry of entries) {
    const { line, name, value = '' } = entry;
    const shown = name !== undefined && secretNamePattern.test(name) ? { name } : {};
    const detail = refusalOf(entry);
    if (detail !== undefined || name === undefined) {
      refused.push({ line, ...shown, detail: detail ?? 'this line has no name' });
      continue;
    }
    const earlier = lines.get(name);
    if (earlier !== undefined) refused.push({ line: earlier.line, name, detail: `this name stands again on line ${line}, which counts` });
    lines.set(name, { line, name, value });
  }
  return { lines: [...lines.values()], refused };
};
