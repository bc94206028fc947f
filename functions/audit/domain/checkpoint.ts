// Checkpoints (C2SP tlog-checkpoint): the signed head of a log.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { hashBytes } from './merkle-hash.ts';
import { type NoteKey, NoteRefused, signNote, verifyNote } from './signed-note.ts';

export interface Checkpoint {
  /** The log's name; also the name of the key that signs it. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${encodeBase64(root)}\n`;

/** @throws {@link NoteRefused} unless the text is an origin, a size and a root; extension lines are let pass */
export const parseCheckpointText = (text: string): Checkpoint => {
  const [origin = '', size = '', encoded = '', ...extensions] = text.slice(0, -1).split('\n');
  const root = decodeBase64(encoded);
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size) || root?.length !== hashBytes || extensions.includes('') || !text.endsWith('\n')) {
    throw new NoteRefused('the note is not a checkpoint');
  }
  if (!Number.isSafeInteger(Number(size))) throw new NoteRefused('the tree is too large');
  return { origin, size: Number(size), root };
};

/** @param sign answers an Ed25519 signature by the log's key */
export const signCheckpoint = (
  checkpoint: Checkpoint,
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<string> => signNote(checkpointText(checkpoint), { name: checkpoint.origin, publicKey }, sign);

/** @throws {@link NoteRefused} unless one of the keys signed it, under the name that the checkpoint's origin says */
export const verifyCheckpoint = (bytes: Uint8Array, keys: readonly NoteKey[]): Checkpoint => {
  const checkpoint = parseCheckpointText(verifyNote(bytes, keys).text);
  verifyNote(
    bytes,
    keys.filter((key) => key.name === checkpoint.origin),
  );
  return checkpoint;
};
