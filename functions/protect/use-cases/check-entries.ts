// Deny-list entries before they are saved: each runs within the limits, and none stands twice.
import { AppError, type FieldError, invalid } from '../../shared/kernel/errors.ts';
import { newId, type Randomness } from '../../shared/kernel/world.ts';
import { foldTerm } from '../domain/fold.ts';
import { entryFault } from '../domain/policy-faults.ts';
import type { DenyEntry } from '../ports.ts';
import type { EntryBody } from '../schemas.ts';

/** Entries of one list, and patterns among them, at most. */
const maxEntries = 100_000;
const maxPatterns = 200;
/** Faults named in one answer. */
const maxFaults = 100;

const sameAs = ({ type, value }: EntryBody | DenyEntry): string => `${type}:${type === 'regex' ? value : foldTerm(value)}`;

/** @throws AppError `validation-failed` for entries that cannot be run, with the offending fragment */
const demandRunnable = (entries: readonly EntryBody[], pointerOf: (index: number) => string): void => {
  const errors: FieldError[] = [];
  for (const [index, entry] of entries.entries()) {
    const fault = entryFault(entry);
    if (fault !== undefined) errors.push({ pointer: `${pointerOf(index)}/value`, detail: fault });
    if (errors.length === maxFaults) break;
  }
  if (errors.length > 0) throw invalid(...errors);
};

/**
 * @param present the list's entries so far
 * @param pointerOf where in the body an entry stands
 * @returns the new entries, each with an id
 * @throws AppError `validation-failed`, `already-exists`
 */
export const newEntries = (
  randomness: Randomness,
  present: readonly DenyEntry[],
  given: readonly EntryBody[],
  pointerOf: (index: number) => string,
): DenyEntry[] => {
  demandRunnable(given, pointerOf);
  if (present.length + given.length > maxEntries) {
    throw invalid({ pointer: '/entries', detail: `a list has at most ${maxEntries} entries` });
  }
  const patterns = [...present, ...given].filter(({ type }) => type === 'regex').length;
  if (patterns > maxPatterns) throw invalid({ pointer: '/entries', detail: `a list has at most ${maxPatterns} patterns` });
  const ids = new Set(present.map(({ id }) => id));
  const values = new Set(present.map(sameAs));
  const errors: FieldError[] = [];
  const entries = given.map((entry, index): DenyEntry => {
    if (values.has(sameAs(entry))) errors.push({ pointer: `${pointerOf(index)}/value`, detail: 'the list has this entry already' });
    if (entry.id !== undefined && ids.has(entry.id)) errors.push({ pointer: `${pointerOf(index)}/id`, detail: 'this id is taken' });
    const id = entry.id ?? newId(randomness);
    values.add(sameAs(entry));
    ids.add(id);
    return { id, type: entry.type, value: entry.value, ...(entry.note === undefined ? {} : { note: entry.note }) };
  });
  if (errors.length > 0) {
    throw new AppError('already-exists', 'entries stand in the list already: see `errors`', { errors: errors.slice(0, maxFaults) });
  }
  return entries;
};

/** @throws AppError `validation-failed`: the entries take too much room */
export const demandRoom = <T>(written: T | undefined): T => {
  if (written === undefined) throw invalid({ pointer: '/entries', detail: 'the entries of this list take too much room; split it' });
  return written;
};
