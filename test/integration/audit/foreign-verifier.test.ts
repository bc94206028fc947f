// A log that we write, under a verifier that we did not: @sigstore/verify's checkpoint and Merkle code.
import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyIdOf, parseVerifierKey } from '../../../functions/audit/domain/signed-note.ts';
import { parseTlogProof } from '../../../functions/audit/domain/tlog-proof.ts';
import { verifyCheckpoint } from '../../../node_modules/@sigstore/verify/dist/tlog/checkpoint.js';
import { verifyMerkleInclusion } from '../../../node_modules/@sigstore/verify/dist/tlog/merkle.js';
import { auditApp } from '../../support/audit-app.ts';
import { type AuditFixture, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
let app: ReturnType<typeof auditApp>;
const reader = 'acme/user:reader';

beforeEach(() => {
  audit = auditFixture('foreign');
  app = auditApp(audit);
  app.grant(reader, 'audit:*:read');
});
afterEach(() => audit.close());

const authority = async () => {
  const key = parseVerifierKey((await app.call(reader, 'GET', '/log/key')).bytes.toString().trimEnd());
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.publicKey).toString('base64url') },
    format: 'jwk',
  });
  return { baseURL: key.name, logID: Buffer.from(keyIdOf(key), 'hex'), publicKey, validFor: { start: new Date(0), end: new Date(1e15) } };
};

/** As @sigstore/verify holds a log entry: only what it looks at. */
const entryOf = (proof: string, entry: Uint8Array) => {
  const { index, proof: hashes, checkpoint } = parseTlogProof(proof);
  const inclusionProof = { logIndex: String(index), hashes: hashes.map((hash) => Buffer.from(hash)), checkpoint: { envelope: checkpoint } };
  return { inclusionProof, canonicalizedBody: Buffer.from(entry) } as unknown as Parameters<typeof verifyMerkleInclusion>[0];
};

const accepts = async (proof: string, entry: Uint8Array): Promise<boolean> => {
  const made = entryOf(proof, entry);
  try {
    verifyMerkleInclusion(made, verifyCheckpoint(made, [(await authority()) as never]));
    return true;
  } catch {
    return false;
  }
};

describe('@sigstore/verify', () => {
  test('accepts every event that a checkpoint covers, at many sizes of the log', async () => {
    const ids: string[] = [];
    for (const count of [1, 1, 5, 120, 130, 300]) {
      ids.push(...(await audit.record(count)));
      await audit.drain();
      for (const id of new Set([ids[0], ids.at(Math.floor(ids.length / 2)), ids.at(-1)])) {
        const proof = (await app.call(reader, 'GET', `/events/${id}/proof`)).bytes.toString();
        const entry = (await app.call(reader, 'GET', `/events/${id}/entry`)).bytes;
        expect(await accepts(proof, entry)).toBe(true);
      }
    }
  });

  test('refuses each tamper of a covered entry, its proof or its checkpoint', async () => {
    const ids = await audit.record(11);
    await audit.drain();
    const proof = (await app.call(reader, 'GET', `/events/${ids[4]}/proof`)).bytes.toString();
    const entry = (await app.call(reader, 'GET', `/events/${ids[4]}/entry`)).bytes;
    const other = (await app.call(reader, 'GET', `/events/${ids[5]}/entry`)).bytes;
    expect(await accepts(proof, entry)).toBe(true);
    expect(await accepts(proof, other)).toBe(false);
    for (let at = 0; at < entry.length; at += 7) {
      const bad = Buffer.from(entry);
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(await accepts(proof, bad)).toBe(false);
    }
    const { index, proof: hashes, checkpoint } = parseTlogProof(proof);
    const lines = checkpoint.split('\n');
    expect(await accepts(proof.replace(`index ${index}`, `index ${index + 1}`), entry)).toBe(false);
    for (const hash of hashes) {
      const text = Buffer.from(hash).toString('base64');
      expect(await accepts(proof.replace(text, Buffer.alloc(32, 1).toString('base64')), entry)).toBe(false);
    }
    for (const [from, to] of [
      [`\n${lines[1]}\n`, '\n12\n'],
      [lines[2], Buffer.alloc(32).toString('base64')],
      [`${lines[0]}\n`, 'other.example/acme\n'],
    ] as const) {
      expect(await accepts(proof.replace(from ?? '', to), entry)).toBe(false);
    }
  });
});
