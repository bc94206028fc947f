// Checkpoints leave the account: a witness that checks growth cosigns each, a webhook and a bucket elsewhere get it, and one that fails keeps no other from it.
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archiveLogFiles } from '../../../functions/audit/adapters/archive-log-files.ts';
import { tableLogHeads } from '../../../functions/audit/adapters/table-log-heads.ts';
import { decodeBase64 } from '../../../functions/audit/domain/base64.ts';
import { type Checkpoint, verifyCheckpoint } from '../../../functions/audit/domain/checkpoint.ts';
import { verifyConsistency } from '../../../functions/audit/domain/merkle-proof.ts';
import { parseNote, parseVerifierKey } from '../../../functions/audit/domain/signed-note.ts';
import {
  cosignatureOf,
  cosignedMessage,
  formatWitnessKey,
  parseWitnessKey,
  type WitnessKey,
} from '../../../functions/audit/domain/witness.ts';
import { type Post, publishCheckpoint } from '../../../functions/audit/use-cases/publish-checkpoint.ts';
import { type AuditFixture, acme, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
beforeEach(() => {
  audit = auditFixture('witness');
});
afterEach(() => audit.close());

/** A witness as the specification has it: it knows one checkpoint, and cosigns what that one grew to. */
const makeWitness = (logKey: () => Promise<string>) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key: WitnessKey = { name: 'witness.example/w1', publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
  let known: Checkpoint | undefined;
  const answer = async (body: string): Promise<{ status: number; text: string }> => {
    const gap = body.indexOf('\n\n');
    const [old = '', ...lines] = body.slice(0, gap).split('\n');
    const note = body.slice(gap + 2);
    const checkpoint = verifyCheckpoint(Buffer.from(note), [parseVerifierKey(await logKey())]);
    const oldSize = Number(/^old (\d+)$/.exec(old)?.[1]);
    if (oldSize !== (known?.size ?? 0)) return { status: 409, text: `${known?.size ?? 0}\n` };
    const proof = lines.map((line) => decodeBase64(line) ?? new Uint8Array());
    if (
      known !== undefined &&
      !verifyConsistency({ oldSize, newSize: checkpoint.size, oldRoot: known.root, newRoot: checkpoint.root, proof })
    )
      return { status: 422, text: '' };
    known = checkpoint;
    const time = Math.floor(audit.clock.nowMs() / 1000);
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = sign(null, cosignedMessage(time, parseNote(Buffer.from(note)).text), privateKey);
    const id = Buffer.from(formatWitnessKey(key).split('+')[1] ?? '', 'hex');
    return { status: 200, text: `— ${key.name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n` };
  };
  return {
    key,
    answer,
    forget: (checkpoint: Checkpoint) => {
      known = checkpoint;
    },
  };
};

test('each checkpoint is cosigned, posted and kept elsewhere; a fork is not cosigned', async () => {
  const logKey = async () =>
    Buffer.from((await audit.source().read('key')) ?? '')
      .toString()
      .trim();
  const witness = makeWitness(logKey);
  const hooked: string[] = [];
  const post: Post = async (url, body) => {
    if (url === 'https://witness.example/add-checkpoint') return witness.answer(body);
    if (url === 'https://down.example/') throw new Error('no route');
    hooked.push(body);
    return { status: 204, text: '' };
  };
  const { archive, table, log } = audit.platform;
  const publish = publishCheckpoint({
    log,
    post,
    heads: tableLogHeads({ table }),
    files: archiveLogFiles({ archive }),
    outlets: {
      webhooks: ['https://down.example/', 'https://hook.example/'],
      witnesses: [{ url: 'https://witness.example/', key: witness.key }],
      elsewhere: archive,
    },
  });
  expect(await publish(acme)).toBeUndefined();
  for (const count of [3, 300, 1]) {
    await audit.record(count);
    await audit.drain();
    const published = await publish(acme);
    expect(published).toMatchObject({ taken: 3, failed: 1 });
    const note = published?.note ?? '';
    expect(verifyCheckpoint(Buffer.from(note), [parseVerifierKey(await logKey())]).size).toBe(published?.size);
    expect(cosignatureOf(note, witness.key)).toMatchObject({ timeSeconds: Math.floor(audit.clock.nowMs() / 1000) });
    expect(() => cosignatureOf(note.replace('\n', 'x\n'), witness.key)).toThrow('wrong');
  }
  expect(hooked).toHaveLength(3);
  expect((await archive.list('checkpoints/acme/')).paths).toHaveLength(3);
  expect(parseWitnessKey(formatWitnessKey(witness.key))).toEqual(witness.key);
  witness.forget({ origin: 'x', size: 100, root: new Uint8Array(32) });
  expect(await publish(acme)).toMatchObject({ taken: 2, failed: 2 });
});
