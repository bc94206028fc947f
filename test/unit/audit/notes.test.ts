// Signed notes, checkpoints and tlog-proofs: read exactly as they are written, refused in every other spelling.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseCheckpointText, signCheckpoint, verifyCheckpoint } from '../../../functions/audit/domain/checkpoint.ts';
import { leafHash, nodeHash } from '../../../functions/audit/domain/merkle-hash.ts';
import {
  formatVerifierKey,
  keyIdOf,
  NoteRefused,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from '../../../functions/audit/domain/signed-note.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../../functions/audit/domain/tlog-proof.ts';

const privateKeyOf = (seed: number) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  });
const publicOf = (seed: number): Buffer => createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(12);
const signer = (seed: number) => async (message: Uint8Array) => sign(null, message, privateKeyOf(seed));

const origin = 'log.example/acme';
const key = { name: origin, publicKey: publicOf(1) };
const entries = [Buffer.from('one'), Buffer.from('two')] as const;
const root = nodeHash(leafHash(entries[0]), leafHash(entries[1]));
const signed = () => signCheckpoint({ origin, size: 2, root }, key.publicKey, signer(1));

describe('verifier keys', () => {
  test('read back, and their key id is that of the public example of the note format', () => {
    const example = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(formatVerifierKey(parseVerifierKey(example))).toBe(example);
    expect(keyIdOf(parseVerifierKey(example))).toBe('c74f20a3');
  });

  test('are refused with any bit changed', () => {
    const text = Buffer.from(formatVerifierKey(key));
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const flipped = Buffer.from(text);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => parseVerifierKey(flipped.toString('utf8')), `bit ${bit}`).toThrow(NoteRefused);
    }
  });
});

describe('signed notes', () => {
  test('verify an example that other software signed', () => {
    const neumann = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n\n' +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    const curly = Buffer.from(text.replace('’', "'"));
    expect(verifyNote(curly, [neumann]).text).toContain('cryptography');
    expect(() => verifyNote(Buffer.from(text), [neumann])).toThrow('is wrong');
  });

  test('with signatures of unknown keys beside a good one are accepted, with none of a known key refused', async () => {
    const note = await signed();
    const witness = `— witness.example ${Buffer.alloc(76, 7).toString('base64')}\n`;
    expect(verifyCheckpoint(Buffer.from(note + witness), [key]).size).toBe(2);
    expect(() => verifyCheckpoint(Buffer.from(note), [{ ...key, publicKey: publicOf(2) }])).toThrow('not signed by a known key');
    expect(() => verifyCheckpoint(Buffer.from(note), [{ ...key, name: 'other.example/acme' }])).toThrow('not signed by a known key');
    expect(() => verifyCheckpoint(Buffer.from(note), [])).toThrow('not signed by a known key');
  });

  test('of another log are refused, though one key signs all logs of a deployment', async () => {
    const other = { name: 'log.example/globex', publicKey: key.publicKey };
    const forged = await signCheckpoint({ origin: other.name, size: 2, root }, key.publicKey, signer(1));
    expect(() => verifyCheckpoint(Buffer.from(forged), [key])).toThrow(NoteRefused);
    // A signature under the wrong name over this log's text.
    const swapped = (await signed()).replace(`— ${origin}`, `— ${other.name}`);
    expect(() => verifyCheckpoint(Buffer.from(swapped), [key, other])).toThrow(NoteRefused);
  });

  test('are refused with any bit changed', async () => {
    const bytes = Buffer.from(await signed());
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => verifyCheckpoint(flipped, [key]), `bit ${bit}`).toThrow(NoteRefused);
    }
  });

  test('are refused when malformed', () => {
    for (const note of [
      '',
      'text\n',
      'text\n\n',
      'text\n\n— a\n',
      'text\n\n— a b c\n',
      'text\n\n- a AAAAAAA=\n',
      'text\n\n— a AAAAAAA=',
      'te\u0001xt\n\n— a AAAAAAA=\n',
      'text\n\n— a+b AAAAAAA=\n',
      'text\n\n— a AAAAAAB=\n',
    ]) {
      expect(() => parseNote(Buffer.from(note)), JSON.stringify(note)).toThrow(NoteRefused);
    }
    expect(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a]))).toThrow('not UTF-8');
  });

  test('are checkpoints only with origin, size and root', () => {
    const hash = Buffer.alloc(32).toString('base64');
    expect(parseCheckpointText(`${origin}\n0\n${hash}\nextension\n`).size).toBe(0);
    for (const text of [
      `${origin}\n01\n${hash}\n`,
      `\n1\n${hash}\n`,
      `${origin}\n-1\n${hash}\n`,
      `${origin}\n1\n${hash.slice(4)}\n`,
      `${origin}\n1\n`,
      `${origin}\n1\n${hash}\n\n`,
      `${origin}\n9999999999999999\n${hash}\n`,
    ]) {
      expect(() => parseCheckpointText(text), JSON.stringify(text)).toThrow(NoteRefused);
    }
  });
});

describe('tlog-proofs', () => {
  const proofOf = async () => ({ index: 1, proof: [leafHash(entries[0])], checkpoint: await signed() });

  test('are written line by line as the standard says', async () => {
    const made = await proofOf();
    const text = formatTlogProof(made);
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex 1\n${leafHash(entries[0]).toString('base64')}\n\n${made.checkpoint}`);
    expect(formatTlogProof({ ...made, extra: Buffer.from('hi') })).toContain('@v1\nextra aGk=\nindex 1\n');
    expect(parseTlogProof(text)).toEqual(made);
    expect(verifyTlogProof(text, entries[1], [key])).toMatchObject({ origin, size: 2 });
  });

  test('prove no other entry', async () => {
    const text = formatTlogProof(await proofOf());
    expect(() => verifyTlogProof(text, entries[0], [key])).toThrow('does not show');
  });

  test('are refused with any bit changed', async () => {
    const bytes = Buffer.from(formatTlogProof(await proofOf()));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => verifyTlogProof(flipped.toString('utf8'), entries[1], [key]), `bit ${bit}`).toThrow(NoteRefused);
    }
  });
});
