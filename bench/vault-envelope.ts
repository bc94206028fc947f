// The envelope's encrypt and decrypt of 1 KB, beside the same construction bare, AES-GCM alone, and two libraries; rounds take turns.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { realWorld } from '../functions/shared/kernel/world.ts';
import { canonicalContext } from '../functions/vault/domain/context.ts';
import { openEnvelope, sealEnvelope } from '../functions/vault/domain/envelope.ts';
import { quantile, table } from './report.ts';

const sizeBytes = 1024;
const rounds = 40;
const plaintext = randomBytes(sizeBytes);
const context = canonicalContext({
  keyId: 'k3yk3yk3yk3yk3yk',
  org: 'acme',
  location: { workspace: 'support', environment: 'production' },
  name: 'MODEL_KEY',
  secretId: 's3cr3ts3cr3ts3cr',
  version: 1,
});
const branchKey = createSecretKey(randomBytes(32));

interface Row {
  readonly name: string;
  /** Pairs of one round. */
  readonly pairs: number;
  readonly pair: () => void | Promise<void>;
}

/** The floor of AES-256-GCM with tags and associated data: one key, made once, no commitment. */
const gcmAlone = (): void => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', branchKey, nonce);
  cipher.setAAD(context);
  const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const decipher = createDecipheriv('aes-256-gcm', branchKey, nonce);
  decipher.setAAD(context);
  decipher.setAuthTag(cipher.getAuthTag());
  decipher.update(encrypted);
  decipher.final();
};

const label = Buffer.from('vault/v1');
const derive = (salt: Uint8Array): Buffer => createHmac('sha512', branchKey).update(label).update(salt).update(context).digest();

/** What ruling 14's construction costs on node:crypto with nothing around it. */
const bare = (): void => {
  const random = randomBytes(44);
  const [salt, nonce] = [random.subarray(0, 32), random.subarray(32)];
  const sealing = derive(salt);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(sealing.subarray(0, 32)), nonce);
  cipher.setAAD(context);
  const encrypted = Buffer.concat([salt, sealing.subarray(32), nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const opening = derive(encrypted.subarray(0, 32));
  if (!timingSafeEqual(opening.subarray(32), encrypted.subarray(32, 64))) throw new Error('the commitment does not hold');
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(opening.subarray(0, 32)), encrypted.subarray(64, 76));
  decipher.setAAD(context);
  decipher.setAuthTag(encrypted.subarray(-16));
  decipher.update(encrypted.subarray(76, -16));
  decipher.final();
};

const vault = (): void => {
  openEnvelope(branchKey, context, sealEnvelope(branchKey, context, plaintext, realWorld)).fill(0);
};

/** Peers are installed apart from the project; a peer that is not there is left out. */
const peerRequire = createRequire(join(import.meta.dirname, 'peers', 'package.json'));
const peer = (name: string): Row[] => {
  try {
    return [name === noble ? nobleRow() : awsRow()];
  } catch {
    return [];
  }
};

const noble = '@noble/ciphers';
const nobleRow = (): Row => {
  const { gcm } = peerRequire('@noble/ciphers/aes.js') as {
    gcm: (
      key: Uint8Array,
      nonce: Uint8Array,
      aad: Uint8Array,
    ) => { encrypt(of: Uint8Array): Uint8Array; decrypt(of: Uint8Array): Uint8Array };
  };
  const key = randomBytes(32);
  const pair = (): void => {
    const nonce = randomBytes(12);
    gcm(key, nonce, context).decrypt(gcm(key, nonce, context).encrypt(plaintext));
  };
  return { name: `${noble} AES-256-GCM, no commitment`, pairs: 50, pair };
};

const awsSdk = '@aws-crypto/client-node';
/** A raw AES keyring, so that no network is in the way: what is measured is the message format and the committing suite. */
const awsRow = (): Row => {
  const aws = peerRequire(awsSdk) as {
    buildClient: (of: { commitmentPolicy: string }) => {
      encrypt(keyring: unknown, of: Uint8Array, more: object): Promise<{ result: Uint8Array }>;
      decrypt(keyring: unknown, of: Uint8Array): Promise<{ plaintext: Uint8Array }>;
    };
    RawAesKeyringNode: new (of: object) => unknown;
    RawAesWrappingSuiteIdentifier: Record<string, unknown>;
    CommitmentPolicy: Record<string, string>;
    AlgorithmSuiteIdentifier: Record<string, number>;
  };
  const { encrypt, decrypt } = aws.buildClient({ commitmentPolicy: aws.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT ?? '' });
  const isolated = new Uint8Array(32);
  isolated.set(randomBytes(32));
  const keyring = new aws.RawAesKeyringNode({
    keyName: 'branch',
    keyNamespace: 'bench',
    unencryptedMasterKey: isolated,
    wrappingSuite: aws.RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const suiteId = aws.AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
  const encryptionContext = { organization: 'acme', workspace: 'support', name: 'MODEL_KEY', version: '1' };
  const pair = async (): Promise<void> => {
    const { result } = await encrypt(keyring, plaintext, { suiteId, encryptionContext });
    await decrypt(keyring, result);
  };
  return { name: `${awsSdk}, committing unsigned suite`, pairs: 10, pair };
};

const microseconds = async ({ pair, pairs }: Row): Promise<number> => {
  const started = performance.now();
  for (let count = 0; count < pairs; count += 1) {
    const pending = pair();
    if (pending !== undefined) await pending;
  }
  return ((performance.now() - started) * 1_000) / pairs;
};

/** @returns the section's table: the median of each row's rounds, and its ratio to the vault's */
export const envelopeReport = async (): Promise<string> => {
  const rows: Row[] = [
    { name: 'node:crypto AES-256-GCM alone (floor)', pairs: 200, pair: gcmAlone },
    { name: 'bare committing construction on node:crypto', pairs: 200, pair: bare },
    { name: 'the vault', pairs: 200, pair: vault },
    ...peer(noble),
    ...peer(awsSdk),
  ];
  const times = new Map<string, number[]>();
  for (let round = -3; round < rounds; round += 1) {
    for (const row of rows) {
      const time = await microseconds(row);
      if (round >= 0) times.set(row.name, [...(times.get(row.name) ?? []), time]);
    }
  }
  const median = (name: string): number =>
    quantile(
      (times.get(name) ?? []).toSorted((a, b) => a - b),
      0.5,
    );
  const own = median('the vault');
  const lines = rows.map(({ name }) => [name, median(name).toFixed(1), `${(median(name) / own).toFixed(2)} ×`]);
  const bareRatio = own / median('bare committing construction on node:crypto');
  return [
    `Encrypt and decrypt of ${sizeBytes} bytes, median of ${rounds} rounds that take turns. The vault takes ${bareRatio.toFixed(2)} times the bare construction (target: at most 1.3).`,
    '',
    table(['', 'µs a pair', 'to the vault'], lines),
  ].join('\n');
};
