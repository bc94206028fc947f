// Every partition and sort key of prompt protection. INVARIANT: one with a part of its own has a colon, as no workspace has.
import type { Key } from '../../shared/ports/table.ts';

export const policyPartition = (org: string): string => `${org}#protection-policies`;
export const policyKey = (org: string, id: string): Key => ({ pk: policyPartition(org), sk: id });

export const denyListPartition = (org: string): string => `${org}#deny-lists`;
export const denyListKey = (org: string, id: string): Key => ({ pk: denyListPartition(org), sk: id });

const segmentDigits = 6;
export const segmentPartition = (org: string, list: string): string => `${org}#deny-list:${list}`;
export const segmentSortKey = (number: number): string => `segment#${String(number).padStart(segmentDigits, '0')}`;
export const segmentKey = (org: string, list: string, number: number): Key => ({
  pk: segmentPartition(org, list),
  sk: segmentSortKey(number),
});

/** Equal copies of the version number, each a partition of its own: one partition serves 3,000 reads a second. */
export const versionCopies = 4;
export const versionKey = (org: string, copy: number): Key => ({ pk: `${org}#protection-version:${copy}`, sk: 'version' });
