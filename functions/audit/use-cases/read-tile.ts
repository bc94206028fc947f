// Tiles of a log as a proof needs them: of exactly their width, also where a partial tile has become full meanwhile.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { hashBytes, tileWidth } from '../domain/merkle-hash.ts';
import { type Tile, tilePath } from '../domain/tile-path.ts';
import type { LogFiles } from '../ports.ts';

export const tileReader =
  (files: LogFiles, org: OrgId) =>
  async (tile: Tile): Promise<Uint8Array> => {
    const bytes = (await files.read(org, tilePath(tile))) ?? (await files.read(org, tilePath({ ...tile, width: tileWidth })));
    if (bytes === undefined) throw new Error('a tile of a log is missing');
    return bytes.subarray(0, tile.width * hashBytes);
  };
