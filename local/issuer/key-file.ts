// The issuer's ES256 key in the data folder: made once, readable by its owner alone.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import * as z from 'zod';

export const issuerAlgorithm = 'ES256';
const fileName = 'issuer-key.json';

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const privateJwk = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate, d: coordinate });

interface IssuerKey {
  readonly privateKey: CryptoKey;
  /** As the key set shows it: no private member. */
  readonly publicJwk: Readonly<Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>>;
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && (error as { code?: unknown }).code === code;

/** Whole or not at all: written aside, then linked to its name, which fails where another process was first. */
const writeOnce = async (folder: string, path: string, text: string): Promise<void> => {
  const aside = join(folder, `.${fileName}.${randomUUID()}`);
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await link(aside, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
};

const readKey = async (path: string): Promise<string | undefined> => {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits; there the user's own folder guards the file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new Error(`\`${fileName}\` can be read by others: make it its owner's alone (chmod 600)`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

const parseKey = (text: string): z.infer<typeof privateJwk> => {
  try {
    return privateJwk.parse(JSON.parse(text));
  } catch {
    // INVARIANT: neither the text nor a parser's message leaves here: both may hold the key.
    throw new Error(`\`${fileName}\` is damaged: remove it to begin with a new key, which ends every sign-in`);
  }
};

/**
 * Opens the key of a data folder, or makes one; of several processes that start at once, all use the same.
 * @throws Error when the file is damaged or others may read it
 */
export const openIssuerKey = async (folder: string): Promise<IssuerKey> => {
  const path = join(folder, fileName);
  let text = await readKey(path);
  if (text === undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { privateKey } = await generateKeyPair(issuerAlgorithm, { extractable: true });
    await writeOnce(folder, path, `${JSON.stringify(await exportJWK(privateKey))}\n`);
    text = await readKey(path);
  }
  if (text === undefined) throw new Error(`\`${fileName}\` cannot be written`);
  const jwk = parseKey(text);
  const { d: _d, ...shown } = jwk;
  const privateKey = await importJWK(jwk, issuerAlgorithm);
  if (privateKey instanceof Uint8Array) throw new Error(`\`${fileName}\` holds no key pair`);
  const kid = await calculateJwkThumbprint(shown);
  return { privateKey, publicJwk: { ...shown, kid, alg: issuerAlgorithm, use: 'sig' } };
};
