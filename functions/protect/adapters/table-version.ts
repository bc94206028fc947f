// The protection version in the table: equal copies, raised together, of which a reader takes any.
import type { Randomness } from '../../shared/kernel/world.ts';
import type { Table } from '../../shared/ports/table.ts';
import type { VersionStore } from '../ports.ts';
import { versionCopies, versionKey } from './keys.ts';

export const tableVersion = (table: Table, randomness: Randomness): VersionStore => ({
  current: async (org) => {
    const copy = (randomness.bytes(1)[0] ?? 0) % versionCopies;
    const item = await table.get(org, versionKey(org, copy));
    return item?.version ?? 0;
  },
  // INVARIANT: all copies move in one transaction, each from the same number, so that none of them can be behind.
  raised: (org, version, moved) =>
    Array.from({ length: versionCopies }, (_, copy) => ({
      kind: 'put' as const,
      item: { ...versionKey(org, copy), version: version + 1 },
      condition: version === 0 ? { absent: true as const } : { version },
      orElse: moved,
    })),
});
