// Builds a ciphertext that AES-GCM accepts under two keys: GCM does not commit to its key (Dodis, Grubbs, Ristenpart, Woodage: "Fast Message Franking", 2018).
import { createCipheriv } from 'node:crypto';

const blockBytes = 16;
/** x^128 + x^7 + x^2 + x + 1, in GCM's reflected bit order. */
const polynomial = 0xe1n << 120n;

const toBig = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
const toBlock = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * blockBytes, '0'), 'hex');

/** Multiplication in GF(2^128), NIST SP 800-38D section 6.3. */
const multiply = (x: bigint, y: bigint): bigint => {
  let product = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) product ^= v;
    v = v & 1n ? (v >> 1n) ^ polynomial : v >> 1n;
  }
  return product;
};

const one = 1n << 127n;

const inverse = (x: bigint): bigint => {
  let result = one;
  for (let step = 0; step < 128; step += 1) {
    if (step < 127) result = multiply(multiply(result, result), x);
    else result = multiply(result, result);
  }
  return result;
};

const encryptBlock = (key: Uint8Array, block: Buffer): bigint => {
  const cipher = createCipheriv('aes-256-ecb', key, null);
  cipher.setAutoPadding(false);
  return toBig(Buffer.concat([cipher.update(block), cipher.final()]));
};

const blocksOf = (bytes: Uint8Array): bigint[] => {
  const blocks: bigint[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = Buffer.alloc(blockBytes);
    block.set(bytes.subarray(at, at + blockBytes));
    blocks.push(toBig(block));
  }
  return blocks;
};

/** The tag of a one-block ciphertext is affine in that block; @returns its constant and its factor under this key. */
const affineTag = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): { constant: bigint; factor: bigint } => {
  const h = encryptBlock(key, Buffer.alloc(blockBytes));
  const counterZero = Buffer.concat([nonce, Buffer.from([0, 0, 0, 1])]);
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(blockBytes * 8);
  let hash = 0n;
  for (const block of [...blocksOf(aad), 0n, lengths]) hash = multiply(hash ^ block, h);
  return { constant: hash ^ encryptBlock(key, counterZero), factor: multiply(h, h) };
};

/** @returns one block of ciphertext and a tag that hold under both keys */
export const craftTwoKeyCiphertext = (
  first: Uint8Array,
  second: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
): { ciphertext: Buffer; tag: Buffer } => {
  const a = affineTag(first, nonce, aad);
  const b = affineTag(second, nonce, aad);
  const block = multiply(a.constant ^ b.constant, inverse(a.factor ^ b.factor));
  return { ciphertext: toBlock(block), tag: toBlock(a.constant ^ multiply(block, a.factor)) };
};
