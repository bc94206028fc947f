// Offline proofs that an entry is in a log (C2SP tlog-proof@v1): index, inclusion proof and checkpoint in one text.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { hashBytes, leafHash } from './merkle-hash.ts';
import { verifyInclusion } from './merkle-proof.ts';
import { type NoteKey, NoteRefused } from './signed-note.ts';

export interface TlogProof {
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  /** Out-of-band context; not authenticated. */
  readonly extra?: Uint8Array;
}

const header = 'c2sp.org/tlog-proof@v1';

export const formatTlogProof = ({ index, proof, checkpoint, extra }: TlogProof): string =>
  [
    header,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(encodeBase64),
    '',
    checkpoint,
  ].join('\n');

/** @throws {@link NoteRefused} for any text that {@link formatTlogProof} would not write byte for byte */
export const parseTlogProof = (text: string): TlogProof => {
  const gap = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(gap, 0)).split('\n');
  if (first !== header) throw new NoteRefused('not a `tlog-proof@v1`');
  const extra = lines[0]?.startsWith('extra ') ? decodeBase64(lines.shift()?.slice(6) ?? '') : undefined;
  const index = Number(/^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1] ?? Number.NaN);
  const proof = lines.map(decodeBase64).filter((hash) => hash?.length === hashBytes) as Buffer[];
  const parsed = { index, proof, checkpoint: text.slice(gap + 2), ...(extra === undefined ? {} : { extra }) };
  if (!Number.isSafeInteger(index) || formatTlogProof(parsed) !== text) throw new NoteRefused('the proof is malformed');
  return parsed;
};

/**
 * @returns the checkpoint that covers the entry
 * @throws {@link NoteRefused} unless the checkpoint is signed by one of the keys and the entry is in its tree
 */
export const verifyTlogProof = (text: string, entry: Uint8Array, keys: readonly NoteKey[]): Checkpoint => {
  const { index, proof, checkpoint: note } = parseTlogProof(text);
  const checkpoint = verifyCheckpoint(Buffer.from(note), keys);
  if (!verifyInclusion({ index, size: checkpoint.size, leafHash: leafHash(entry), root: checkpoint.root, proof })) {
    throw new NoteRefused('the proof does not show the entry in the log');
  }
  return checkpoint;
};
