// Verifies a whole log from its files alone (C2SP tlog-tiles): every entry and tile is derived again and its bytes compared.
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { isValueObject, valuesFolder } from './cut-values.ts';
import { parseEntry } from './entry.ts';
import { decodeBundle } from './entry-bundle.ts';
import { hashBytes, leafHash, tileWidth } from './merkle-hash.ts';
import { appendLeaves, compactRange, edgeTiles, emptyEdge, rootOfRange, type TileContent, type TreeEdge } from './merkle-tree.ts';
import { type NoteKey, NoteRefused } from './signed-note.ts';
import { decodeStaging, type StagingBundle, stagingFolder } from './staging-bundle.ts';
import { type Bundle, parseTilePath, type Tile, tilePath, widthAt } from './tile-path.ts';

/** Where a log's files are read from; paths are relative to the log. */
export interface LogSource {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Every file there is; undefined where that cannot be known. */
  list(): Promise<readonly string[] | undefined>;
}

/** The first thing found wrong, and where. */
export class VerificationFailed extends Error {
  readonly where: string;
  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
    this.name = 'VerificationFailed';
    this.where = where;
  }
}

export interface VerifyLogOptions {
  readonly keys: readonly NoteKey[];
  /** An earlier head of the same log: the log must have grown from it. */
  readonly from?: Checkpoint;
  /** Hears how many entries are verified, now and then. */
  readonly onProgress?: (verified: number, size: number) => void;
}

const checkpointPath = 'checkpoint';
const keyPath = 'key';
const progressEvery = 64;

/** How an entry that names objects of values says so. */
const valuesMember = Buffer.from('"values":[');

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const required = async (source: LogSource, tile: Tile | Bundle): Promise<Uint8Array> => {
  const path = tilePath(tile);
  const bytes = await source.read(path);
  if (bytes === undefined) throw new VerificationFailed(path, 'the file is missing');
  return bytes;
};

const entriesOf = (path: string, bytes: Uint8Array): Uint8Array[] => {
  try {
    return decodeBundle(bytes);
  } catch {
    throw new VerificationFailed(path, 'the bundle does not end where its last entry does');
  }
};

/** Objects of values that entries name, each there and with the bytes that its name says. */
const verifyValues = async (source: LogSource, bundle: string, entries: readonly Uint8Array[]): Promise<void> => {
  for (const entry of entries) {
    if (Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).indexOf(valuesMember) < 0) continue;
    for (const sha256 of namedValues(bundle, entry)) {
      const path = `${valuesFolder}${sha256}`;
      const bytes = await source.read(path);
      if (bytes === undefined) throw new VerificationFailed(path, `the value that an entry of \`${bundle}\` names is missing`);
      if (!isValueObject(path, bytes)) throw new VerificationFailed(path, 'the value does not have the hash that its name says');
    }
  }
};

const namedValues = (bundle: string, entry: Uint8Array): readonly string[] => {
  try {
    return parseEntry(entry).values ?? [];
  } catch {
    throw new VerificationFailed(bundle, 'an entry is not in its canonical form');
  }
};

/** @returns the leaf hashes of one bundle, which are those of its tile */
const verifyBundle = async (source: LogSource, index: number, width: number, whole: boolean): Promise<Buffer> => {
  const bundle: Bundle = { level: 'entries', index, width };
  const entries = entriesOf(tilePath(bundle), await required(source, bundle));
  if (entries.length !== width) throw new VerificationFailed(tilePath(bundle), `holds ${entries.length} entries instead of ${width}`);
  const leaves = Buffer.allocUnsafe(width * hashBytes);
  for (const [at, entry] of entries.entries()) leafHash(entry).copy(leaves, at * hashBytes);
  const tile = { level: 0, index, width };
  const hashes = await required(source, tile);
  if (hashes.length !== leaves.length) throw new VerificationFailed(tilePath(tile), 'the tile does not have its length');
  for (let at = 0; at < width; at += 1) {
    const slot = at * hashBytes;
    if (!same(leaves.subarray(slot, slot + hashBytes), hashes.subarray(slot, slot + hashBytes))) {
      throw new VerificationFailed(
        tilePath(bundle),
        `entry ${index * tileWidth + at} does not have the hash that \`${tilePath(tile)}\` says`,
      );
    }
  }
  if (whole) await verifyValues(source, tilePath(bundle), entries);
  return leaves;
};

const verifyTile = async (source: LogSource, { bytes, ...tile }: TileContent): Promise<void> => {
  if (!same(await required(source, tile), bytes))
    throw new VerificationFailed(tilePath(tile), 'the tile is not that of the entries below it');
};

const readCheckpoint = async (source: LogSource, keys: readonly NoteKey[]): Promise<Checkpoint> => {
  const bytes = await source.read(checkpointPath);
  if (bytes === undefined) throw new VerificationFailed(checkpointPath, 'the file is missing');
  try {
    return verifyCheckpoint(bytes, keys);
  } catch (error) {
    if (error instanceof NoteRefused) throw new VerificationFailed(checkpointPath, error.message);
    throw error;
  }
};

/** Derives the tree from the entries. @returns its right edge */
const verifyTree = async (
  source: LogSource,
  { size }: Checkpoint,
  { from, onProgress }: VerifyLogOptions,
  whole: boolean,
): Promise<TreeEdge> => {
  let edge = emptyEdge;
  const append = async (leaves: Uint8Array): Promise<void> => {
    const next = appendLeaves(edge, leaves);
    edge = next.edge;
    for (const tile of next.tiles) if (tile.level > 0 && tile.width === tileWidth) await verifyTile(source, tile);
    if (from !== undefined && edge.size === from.size && !same(rootOfRange(compactRange(edge)), from.root)) {
      throw new VerificationFailed(
        checkpointPath,
        `the log did not grow from the earlier checkpoint: its first ${from.size} entries are others`,
      );
    }
  };
  for (let index = 0; index * tileWidth < size; index += 1) {
    const leaves = await verifyBundle(source, index, widthAt({ level: 'entries', index }, size), whole);
    const cut = from === undefined ? 0 : Math.max(0, from.size - edge.size) * hashBytes;
    if (cut > 0 && cut < leaves.length) {
      await append(leaves.subarray(0, cut));
      await append(leaves.subarray(cut));
    } else {
      await append(leaves);
    }
    if (index % progressEvery === 0) onProgress?.(edge.size, size);
  }
  return edge;
};

const verifyEdge = async (source: LogSource, edge: TreeEdge): Promise<void> => {
  for (const tile of edgeTiles(edge.size)) {
    await verifyTile(source, { ...tile, bytes: edge.levels[tile.level] ?? new Uint8Array() });
  }
};

/** What stands beside the checkpointed tree: files of a seal that a crash interrupted, each in a bundle that names it. */
const readStaged = async (source: LogSource, paths: readonly string[]): Promise<StagingBundle[]> => {
  const bundles: StagingBundle[] = [];
  for (const path of paths) {
    const bytes = path.startsWith(stagingFolder) ? await source.read(path) : undefined;
    if (bytes === undefined) continue;
    try {
      bundles.push(decodeStaging(bytes, path));
    } catch {
      throw new VerificationFailed(path, 'the staging bundle is damaged');
    }
  }
  return bundles;
};

/** Files that the checkpoint does not call for: older partial tiles, which must be the beginning of what replaced them. */
const verifyOther = async (source: LogSource, path: string, size: number, staged: readonly StagingBundle[]): Promise<void> => {
  if (path.startsWith(valuesFolder)) {
    if (isValueObject(path, (await source.read(path)) ?? new Uint8Array())) return;
    throw new VerificationFailed(path, 'the value does not have the hash that its name says');
  }
  const tile = parseTilePath(path);
  if (tile === undefined) throw new VerificationFailed(path, 'the file does not belong to a log');
  const width = widthAt(tile, size);
  if (tile.width === width) return;
  const bytes = await source.read(path);
  if (bytes === undefined) return;
  if (tile.width > width) {
    const isStaged = staged.some(({ files }) => files.some((file) => file.path === path && same(file.bytes, bytes)));
    if (!isStaged) throw new VerificationFailed(path, 'the checkpoint does not cover the file');
    return;
  }
  const whole = await required(source, { ...tile, width });
  const count = tile.level === 'entries' ? entriesOf(path, bytes).length : bytes.length / hashBytes;
  if (count !== tile.width || !same(bytes, whole.subarray(0, bytes.length))) {
    throw new VerificationFailed(path, `is not the beginning of \`${tilePath({ ...tile, width })}\``);
  }
};

/**
 * @returns the head that everything was found to agree with
 * @throws {@link VerificationFailed} at the first thing that is wrong
 */
export const verifyLog = async (source: LogSource, options: VerifyLogOptions): Promise<Checkpoint> => {
  const listed = await source.list();
  const paths = listed ?? [];
  const checkpoint = await readCheckpoint(source, options.keys);
  const { size, root } = checkpoint;
  const { from } = options;
  if (from !== undefined && from.origin !== checkpoint.origin)
    throw new VerificationFailed(checkpointPath, 'the earlier checkpoint is of another log');
  if (from !== undefined && from.size > size)
    throw new VerificationFailed(checkpointPath, `the log has ${size} entries, fewer than the ${from.size} of the earlier checkpoint`);
  // Over HTTP only tiles are served: who has the files checks the values' objects too.
  const edge = await verifyTree(source, checkpoint, options, listed !== undefined);
  if (!same(rootOfRange(compactRange(edge)), root)) throw new VerificationFailed(checkpointPath, 'the root is not that of the entries');
  await verifyEdge(source, edge);
  const staged = await readStaged(source, paths);
  for (const path of paths) {
    if (path !== checkpointPath && path !== keyPath && !path.startsWith(stagingFolder)) await verifyOther(source, path, size, staged);
  }
  return checkpoint;
};
