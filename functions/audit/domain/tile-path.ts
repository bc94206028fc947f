// Paths of tiles and entry bundles as C2SP tlog-tiles write them: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`.
import { tileWidth } from './merkle-hash.ts';

/** A tile of hashes: `level` counts tiles upwards, `width` is 256 for a full one. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A bundle of entries beside the level 0 tile of the same index and width. */
export interface Bundle {
  readonly level: 'entries';
  readonly index: number;
  readonly width: number;
}

const maxLevel = 63;

/** @returns the index in path elements of three digits, all but the last marked by `x`: 1234067 is `x001/x234/067` */
const indexPath = (index: number): string => {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return groups.join('/');
};

export const tilePath = ({ level, index, width }: Tile | Bundle): string =>
  `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;

const pattern = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** @returns what the path names, or undefined for any path that {@link tilePath} would not write byte for byte */
export const parseTilePath = (path: string): Tile | Bundle | undefined => {
  const [, level, groups, partial] = pattern.exec(path) ?? [];
  if (level === undefined || groups === undefined) return undefined;
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  const parsed: Tile | Bundle = level === 'entries' ? { level, index, width } : { level: Number(level), index, width };
  const fits = (partial === undefined || width < tileWidth) && (parsed.level === 'entries' || parsed.level <= maxLevel);
  return fits && tilePath(parsed) === path ? parsed : undefined;
};

/** @returns how many leaves a hash of that level stands for */
const leavesPerHash = (level: number | 'entries'): number => (level === 'entries' ? 1 : tileWidth ** level);

/** @returns how wide that tile is in a tree of `size` leaves: 256 when full, 0 when it does not exist */
export const widthAt = ({ level, index }: Pick<Tile | Bundle, 'level' | 'index'>, size: number): number =>
  Math.max(0, Math.min(tileWidth, Math.floor(size / leavesPerHash(level)) - index * tileWidth));
