// Deny lists as they are shown.
import { toTime } from '../../shared/kernel/world.ts';
import type { DenyEntry, DenyListHead } from '../ports.ts';
import { type EntryShape, type ListShape, maxShownEntries } from '../schemas.ts';

export const shapeOfEntry = ({ id, type, value, note }: DenyEntry): EntryShape => ({
  id,
  type,
  value,
  ...(note === undefined ? {} : { note }),
});

/** @param entries all of the list's, where they are at hand */
export const shapeOfList = (
  { createdAtMs, updatedAtMs, workspaces, ...head }: DenyListHead,
  entries?: readonly DenyEntry[],
): ListShape => ({
  ...head,
  workspaces: workspaces === '*' ? '*' : ([...workspaces] as Exclude<ListShape['workspaces'], '*'>),
  ...(entries === undefined || entries.length > maxShownEntries ? {} : { entries: entries.map(shapeOfEntry) }),
  createdAt: toTime(createdAtMs),
  updatedAt: toTime(updatedAtMs),
});
