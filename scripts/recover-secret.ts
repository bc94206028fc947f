// Recovers a secret's value from exported table items alone, after docs/design/envelope.md; shares no code with the vault.
// recover-secret.ts <value item> (--branch-key <file> | --wrapped <branch key item>)
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { argv, exit, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

type Attribute = string | number | Buffer | { readonly [name: string]: Attribute };
type Item = Readonly<Record<string, Attribute>>;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapOf = (map: Readonly<Record<string, unknown>>, each: (value: unknown) => Attribute | undefined): Item =>
  Object.fromEntries(
    Object.entries(map).flatMap(([name, value]) => {
      const read = each(value);
      return read === undefined ? [] : [[name, read]];
    }),
  );

/** DynamoDB's JSON: `{"S": …}`, `{"N": …}`, `{"B": base64}`, `{"M": …}`; other types play no part here. */
const fromDynamo = (value: unknown): Attribute | undefined => {
  if (!isMap(value)) return undefined;
  if (typeof value.S === 'string') return value.S;
  if (typeof value.N === 'string') return Number(value.N);
  if (typeof value.B === 'string') return Buffer.from(value.B, 'base64');
  return isMap(value.M) ? mapOf(value.M, fromDynamo) : undefined;
};

/** A row of the laptop's table: plain JSON, bytes as `{"$": base64}`. */
const fromRow = (value: unknown): Attribute | undefined => {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (!isMap(value)) return undefined;
  return typeof value.$ === 'string' ? Buffer.from(value.$, 'base64') : mapOf(value, fromRow);
};

/** @param text one item: a line of a DynamoDB export, an answer of `get-item`, or a row of the laptop's table */
export const parseItem = (text: string): Item => {
  const parsed: unknown = JSON.parse(text);
  const item = isMap(parsed) && isMap(parsed.Item) ? parsed.Item : parsed;
  if (!isMap(item)) throw new Error('this is not an item');
  return mapOf(item, typeof item.pk === 'string' ? fromRow : fromDynamo);
};

const textOf = (item: Item, name: string): string => {
  const value = item[name];
  if (typeof value !== 'string') throw new Error(`the item has no text \`${name}\``);
  return value;
};

const bytesOf = (item: Item, name: string): Buffer => {
  const value = item[name];
  if (!Buffer.isBuffer(value)) throw new Error(`the item has no bytes \`${name}\``);
  return value;
};

const field = (text: string | undefined): Buffer => {
  const bytes = Buffer.from(text ?? '', 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text === undefined ? 0xff_ff_ff_ff : bytes.length);
  return Buffer.concat([length, bytes]);
};

/** @returns the context of a value item: its keys say organization, workspace, secret and version, its `recovery` the rest */
const contextOf = (item: Item): Buffer => {
  const [org, workspace, , id] = textOf(item, 'pk').split('#');
  const version = Number(textOf(item, 'sk').slice('value#'.length));
  const recovery = item.recovery as Item | undefined;
  const location = recovery?.location as Item | undefined;
  if (recovery === undefined || location === undefined) throw new Error('the item is not that of a value');
  const place = (name: string): string | undefined => location[name] as string | undefined;
  const fields = [
    textOf(item, 'keyId'),
    org,
    workspace,
    place('app'),
    place('namespace'),
    place('environment'),
    textOf(recovery, 'name'),
    id,
  ];
  return Buffer.concat(['HMAC-SHA512+AES-256-GCM', ...fields, String(version)].map(field));
};

/**
 * @param branchKey 32 bytes
 * @returns the value's bytes
 */
export const recoverSecret = (item: Item, branchKey: Uint8Array): Buffer => {
  const envelope = bytesOf(item, 'envelope');
  if (envelope.length < 94 || envelope[0] !== 1 || envelope[1] !== 1) throw new Error('the envelope is not of format 1, suite 1');
  const context = contextOf(item);
  const derived = createHmac('sha512', branchKey).update('vault/v1').update(envelope.subarray(2, 34)).update(context).digest();
  if (!timingSafeEqual(derived.subarray(32), envelope.subarray(34, 66))) {
    throw new Error('the commitment does not hold: another key, another context, or altered bytes');
  }
  const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), envelope.subarray(66, 78), { authTagLength: 16 });
  decipher.setAAD(context);
  decipher.setAuthTag(envelope.subarray(-16));
  const plaintext = Buffer.concat([decipher.update(envelope.subarray(78, -16)), decipher.final()]);
  return plaintext.subarray(1);
};

/** The encryption context that a branch key was wrapped under, from its item's keys. */
export const wrappingContextOf = (keyItem: Item): Record<string, string> => {
  const [organization = '', workspace = ''] = textOf(keyItem, 'pk').split('#');
  return { organization, workspace, keyId: textOf(keyItem, 'sk').slice('key#'.length), purpose: 'vault-branch-key' };
};

const unwrapInKms = async (keyItem: Item): Promise<Uint8Array> => {
  const { DecryptCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const command = new DecryptCommand({ CiphertextBlob: bytesOf(keyItem, 'wrapped'), EncryptionContext: wrappingContextOf(keyItem) });
  const { Plaintext } = await new KMSClient({}).send(command);
  if (Plaintext === undefined) throw new Error('KMS answered without a key');
  return Plaintext;
};

/** @returns a key from 32 raw bytes, or their hex or base64 */
export const parseBranchKey = (bytes: Buffer): Buffer => {
  if (bytes.length === 32) return bytes;
  const text = bytes.toString('ascii').trim();
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error('a branch key is 32 bytes: raw, hex or base64');
  return key;
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    options: { 'branch-key': { type: 'string' }, wrapped: { type: 'string' } },
    allowPositionals: true,
  });
  const [path] = positionals;
  const { 'branch-key': keyPath, wrapped } = values;
  if (path === undefined || (keyPath === undefined) === (wrapped === undefined)) {
    throw new Error('usage: recover-secret.ts <value item> (--branch-key <file> | --wrapped <branch key item>)');
  }
  const branchKey =
    keyPath === undefined ? await unwrapInKms(parseItem(readFileSync(wrapped ?? '', 'utf8'))) : parseBranchKey(readFileSync(keyPath));
  stdout.write(recoverSecret(parseItem(readFileSync(path, 'utf8')), branchKey));
};

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    await main();
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    exit(1);
  }
}
