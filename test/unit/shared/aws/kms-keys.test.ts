import { generateKeyPairSync } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { kmsKeys } from '../../../../functions/shared/aws/kms-keys.ts';
import { AppError } from '../../../../functions/shared/kernel/errors.ts';
import { UnwrapFailed } from '../../../../functions/shared/ports/keys.ts';
import { awsError, stubClient, withStatus } from '../../../support/ports-stub.ts';

const keyIds = { vault: 'key-vault', subjects: 'key-subjects', service: 'key-service', log: 'key-log' };
const context = { organization: 'acme', workspace: 'support' };
const wrapped = Uint8Array.of(1, 2, 3);

const open = (...answers: unknown[]) => {
  const { client, sent } = stubClient<KMSClient>(...answers);
  return { sent, keys: kmsKeys({ client, keyIds }) };
};

test('every call names its key, and the context goes with both generation and unwrapping', async () => {
  const plaintext = new Uint8Array(32).fill(5);
  const { keys, sent } = open({ Plaintext: plaintext, CiphertextBlob: wrapped }, { Plaintext: plaintext });
  expect(await keys.generateDataKey('vault', context)).toEqual({ plaintext, wrapped });
  expect(await keys.unwrap('subjects', wrapped, context)).toEqual(plaintext);
  expect(sent).toEqual([
    { command: 'GenerateDataKeyCommand', input: { KeyId: 'key-vault', KeySpec: 'AES_256', EncryptionContext: context } },
    { command: 'DecryptCommand', input: { KeyId: 'key-subjects', CiphertextBlob: wrapped, EncryptionContext: context } },
  ]);
});

describe('an unwrapping fails alike', () => {
  test.each(['InvalidCiphertextException', 'IncorrectKeyException'])('on %s', async (name) => {
    const { keys } = open(awsError(name, withStatus(400)));
    await expect(keys.unwrap('vault', wrapped, context)).rejects.toThrow(new UnwrapFailed());
  });

  test('on bytes that cannot be a wrapped key, without a call', async () => {
    const { keys, sent } = open({});
    await expect(keys.unwrap('vault', Uint8Array.of(), context)).rejects.toThrow(UnwrapFailed);
    await expect(keys.unwrap('vault', new Uint8Array(6145), context)).rejects.toThrow(UnwrapFailed);
    expect(sent).toEqual([]);
  });
});

describe('an unavailable key says why', () => {
  test.each([
    ['ThrottlingException', 'dependency-unavailable', 'the key service is throttled; try again'],
    ['DisabledException', 'dependency-unavailable', 'the key is disabled'],
    ['KMSInvalidStateException', 'dependency-unavailable', 'the key is disabled or pending deletion'],
    ['NotFoundException', 'dependency-unavailable', 'the key does not exist'],
    ['KeyUnavailableException', 'dependency-unavailable', 'the key is unavailable; try again'],
    ['KMSInternalException', 'dependency-unavailable', 'the key service is failing; try again'],
    ['AccessDeniedException', 'dependency-unavailable', 'the key service denies access to this service'],
    ['DependencyTimeoutException', 'dependency-timeout', 'the key service did not answer in time'],
    ['TimeoutError', 'dependency-timeout', 'the key service did not answer in time'],
  ])('on %s', async (name, code, detail) => {
    const error = awsError(name, withStatus(400));
    const calls = [
      open(error).keys.generateDataKey('vault', context),
      open(error).keys.unwrap('vault', wrapped, context),
      open(error).keys.sign(Uint8Array.of(1)),
      open(error).keys.publicKey(),
    ];
    for (const call of calls) {
      const thrown = await call.catch((caught: unknown) => caught);
      expect(thrown).toBeInstanceOf(AppError);
      expect(thrown).toMatchObject({ code, message: detail, cause: error });
    }
  });
});

describe('signatures', () => {
  test('are asked for over the raw message with Ed25519', async () => {
    const { keys, sent } = open({ Signature: new Uint8Array(64).fill(9) });
    expect(await keys.sign(Uint8Array.of(1, 2))).toEqual(new Uint8Array(64).fill(9));
    const input = { KeyId: 'key-log', Message: Uint8Array.of(1, 2), MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' };
    expect(sent).toEqual([{ command: 'SignCommand', input }]);
  });

  test('of another length are refused', async () => {
    const { keys } = open({ Signature: new Uint8Array(70) });
    await expect(keys.sign(Uint8Array.of(1))).rejects.toThrow('another length');
  });
});

describe('the public key', () => {
  const spki = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });

  test('is the raw key inside the SPKI, asked for once and again after a failure', async () => {
    const { keys, sent } = open(awsError('ThrottlingException'), { PublicKey: Uint8Array.from(spki) });
    await expect(keys.publicKey()).rejects.toThrow('throttled');
    expect(await keys.publicKey()).toEqual(Uint8Array.from(spki.subarray(12)));
    await Promise.all([keys.publicKey(), keys.publicKey()]);
    expect(sent.map(({ command }) => command)).toEqual(['GetPublicKeyCommand', 'GetPublicKeyCommand']);
  });

  test('of another kind of key is refused', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' });
    const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
    for (const PublicKey of [ec, x25519]) await expect(open({ PublicKey: Uint8Array.from(PublicKey) }).keys.publicKey()).rejects.toThrow();
  });
});
