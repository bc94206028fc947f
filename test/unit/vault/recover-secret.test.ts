import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { valueItem } from '../../../functions/vault/adapters/secret-row.ts';
import { canonicalContext, type SecretContext } from '../../../functions/vault/domain/context.ts';
import { openEnvelope, sealEnvelope } from '../../../functions/vault/domain/envelope.ts';
import type { Secret } from '../../../functions/vault/domain/secret.ts';
import { parseBranchKey, parseItem, recoverSecret, wrappingContextOf } from '../../../scripts/recover-secret.ts';
import { temporaryFolder } from '../../support/ports.ts';

const root = join(import.meta.dirname, '../../..');
const documentText = readFileSync(join(root, 'docs/design/envelope.md'), 'utf8');
const vector = JSON.parse(/```json\n([\s\S]+?)```/.exec(documentText)?.[1] ?? '') as Record<string, string> & {
  readonly context: SecretContext;
};
const bytes = (name: string): Buffer => Buffer.from(vector[name] ?? '', 'hex');

const { context } = vector;
const secret: Secret = {
  id: context.secretId,
  org: context.org,
  name: context.name,
  location: context.location,
  tags: [],
  disabled: false,
  current: context.version,
  latest: context.version,
  versions: [context.version],
  createdAtMs: 0,
  createdBy: 'user:ada',
  updatedAtMs: 0,
  updatedBy: 'user:ada',
  revision: 1,
};
const row = valueItem(secret, context.version, {
  keyId: context.keyId,
  envelope: bytes('envelope'),
  createdAtMs: 0,
  createdBy: 'user:ada',
});

const asDynamo = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString('base64') };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'string') return { S: value };
  return { M: Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, asDynamo(each)])) };
};
const exported = JSON.stringify({ Item: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asDynamo(value)])) });
const laptop = JSON.stringify({ ...row, envelope: { $: bytes('envelope').toString('base64') } });

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe("the design document's vector", () => {
  test('is what the vault writes and reads', () => {
    const canonical = canonicalContext(context);
    expect(canonical.toString('hex')).toBe(vector.contextBytes);
    const random = Buffer.concat([bytes('salt'), bytes('nonce')]);
    expect(sealEnvelope(bytes('branchKey'), canonical, bytes('plaintext'), { bytes: () => random }).toString('hex')).toBe(vector.envelope);
    expect(openEnvelope(bytes('branchKey'), canonical, bytes('envelope')).toString('hex')).toBe(vector.plaintext);
    expect(vector.envelope?.slice(68, 132)).toBe(vector.commitment);
  });
});

describe('the recovery script', () => {
  test.each([
    ['an item of a DynamoDB export', exported],
    ["a row of the laptop's table", laptop],
  ])('recovers the value from %s and the branch key', (_, text) => {
    expect(recoverSecret(parseItem(text), bytes('branchKey')).toString()).toBe('correct horse battery staple');
  });

  test('refuses another key, an altered item and what is no value', () => {
    expect(() => recoverSecret(parseItem(exported), Buffer.alloc(32))).toThrow('commitment');
    expect(() => recoverSecret(parseItem(exported.replace('MODEL_KEY', 'OTHER_KEY')), bytes('branchKey'))).toThrow('commitment');
    expect(() => recoverSecret(parseItem('{"pk":{"S":"a#b"},"sk":{"S":"c"}}'), bytes('branchKey'))).toThrow('envelope');
    expect(() => parseItem('[]')).toThrow('not an item');
  });

  test('imports nothing of the vault', () => {
    expect(readFileSync(join(root, 'scripts/recover-secret.ts'), 'utf8')).not.toMatch(/from '\.\.?\//);
  });

  test('takes a key as raw bytes, hex or base64, and knows what a wrapped one is bound to', () => {
    const key = bytes('branchKey');
    for (const form of [key, Buffer.from(key.toString('hex')), Buffer.from(`${key.toString('base64')}\n`)])
      expect(parseBranchKey(form)).toEqual(key);
    expect(() => parseBranchKey(Buffer.from('short'))).toThrow('32 bytes');
    expect(wrappingContextOf(parseItem('{"pk":{"S":"acme#support#branch-keys"},"sk":{"S":"key#k1"}}'))).toEqual({
      organization: 'acme',
      workspace: 'support',
      keyId: 'k1',
      purpose: 'vault-branch-key',
    });
  });

  test('runs by itself', () => {
    const [item, key] = [join(folder.path, 'item.json'), join(folder.path, 'key')];
    writeFileSync(item, exported);
    writeFileSync(key, bytes('branchKey'));
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(root, 'scripts/recover-secret.ts'), ...args], { encoding: 'utf8' });
    expect(run(item, '--branch-key', key)).toMatchObject({ status: 0, stdout: 'correct horse battery staple' });
    expect(run(item)).toMatchObject({ status: 1, stdout: '' });
    writeFileSync(key, Buffer.alloc(32));
    expect(run(item, '--branch-key', key)).toMatchObject({ status: 1, stdout: '' });
  });
});
