// Entries of a log, read from its bundles.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { decodeBundle } from '../domain/entry-bundle.ts';
import { tileWidth } from '../domain/merkle-hash.ts';
import { tilePath, widthAt } from '../domain/tile-path.ts';
import type { LogFiles } from '../ports.ts';

/** Bundles kept at once: readers go through a log in order. */
const keptBundles = 16;

/** @returns a reader of entries by leaf, which keeps the bundles of late; a bundle may have become full since the checkpoint */
export const entryReader = (files: LogFiles, org: OrgId, size: number) => {
  const bundles = new Map<number, Promise<Uint8Array[]>>();
  const load = async (index: number): Promise<Uint8Array[]> => {
    const width = widthAt({ level: 'entries', index }, size);
    const bytes =
      (await files.read(org, tilePath({ level: 'entries', index, width }))) ??
      (await files.read(org, tilePath({ level: 'entries', index, width: tileWidth })));
    if (bytes === undefined) throw new Error('an entry bundle of a log is missing');
    return decodeBundle(bytes);
  };
  return async (leafIndex: number): Promise<Uint8Array> => {
    const index = Math.floor(leafIndex / tileWidth);
    const bundle = bundles.get(index) ?? load(index);
    if (!bundles.has(index) && bundles.size >= keptBundles) bundles.delete(bundles.keys().next().value ?? 0);
    bundles.set(index, bundle);
    const entry = (await bundle)[leafIndex % tileWidth];
    if (entry === undefined) throw new Error('an entry bundle of a log is too short');
    return entry;
  };
};
