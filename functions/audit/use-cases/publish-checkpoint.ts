// Brings checkpoints out of the account: to a webhook, to another archive, to witnesses, whose cosignatures are kept beside the log's own signature.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Archive } from '../../shared/ports/archive.ts';
import { consistencyProof } from '../domain/merkle-proof.ts';
import { NoteRefused } from '../domain/signed-note.ts';
import { tileNodes } from '../domain/tile-nodes.ts';
import { addCheckpointBody, cosignatureOf, type WitnessKey } from '../domain/witness.ts';
import type { LogFiles, LogHeads, Notices } from '../ports.ts';
import { tileReader } from './read-tile.ts';

/** Posts a text, and answers status and text. */
export type Post = (url: string, body: string) => Promise<{ readonly status: number; readonly text: string }>;

export interface Outlets {
  /** Gets each checkpoint as `text/plain`. */
  readonly webhooks: readonly string[];
  readonly witnesses: readonly { readonly url: string; readonly key: WitnessKey }[];
  /** A bucket elsewhere: `checkpoints/<org>/<size>`. */
  readonly elsewhere?: Archive;
}

export interface PublishDependencies {
  readonly log: Notices;
  readonly heads: LogHeads;
  readonly files: LogFiles;
  readonly post: Post;
  readonly outlets: Outlets;
}

export interface Published {
  readonly size: number;
  /** Outlets that took it. */
  readonly taken: number;
  readonly failed: number;
  /** The checkpoint with the cosignatures that came back, as verifiers read it. */
  readonly note: string;
}

const conflictStatus = 409;
const padded = (size: number): string => String(size).padStart(16, '0');

/** Asks a witness to cosign; it may say first which size it knows. @throws Error when it does not cosign */
const askWitness = async (
  { files, post }: PublishDependencies,
  org: OrgId,
  witness: Outlets['witnesses'][number],
  checkpoint: string,
  size: number,
): Promise<string> => {
  const node = tileNodes(size, tileReader(files, org));
  const ask = async (oldSize: number) => {
    const proof = oldSize === 0 || oldSize === size ? [] : await consistencyProof(node, oldSize, size);
    return post(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, addCheckpointBody(oldSize, proof, checkpoint));
  };
  let answer = await ask(0);
  if (answer.status === conflictStatus) {
    const known = Number(/^(\d{1,15})\n$/.exec(answer.text)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(known) || known > size) throw new Error('a witness knows a larger log than there is');
    answer = await ask(known);
  }
  if (answer.status !== 200) throw new Error(`a witness answers ${answer.status}`);
  const cosignature = cosignatureOf(`${checkpoint}${answer.text}`, witness.key);
  if (cosignature === undefined) throw new NoteRefused('a witness did not cosign under its key');
  return cosignature.line;
};

/** @returns a function that publishes an organization's checkpoint; one outlet's failure keeps no other from it, and the next checkpoint covers it */
export const publishCheckpoint =
  (dependencies: PublishDependencies) =>
  async (org: OrgId): Promise<Published | undefined> => {
    const { heads, post, outlets, log } = dependencies;
    const head = await heads.read(org);
    if (head?.checkpoint === undefined) return undefined;
    const { checkpoint, checkpointSize: size } = head;
    const { elsewhere } = outlets;
    const send = async (url: string): Promise<string> => {
      const { status } = await post(url, checkpoint);
      if (status >= 300) throw new Error(`a webhook answers ${status}`);
      return '';
    };
    const results = await Promise.allSettled([
      ...outlets.witnesses.map((witness) => askWitness(dependencies, org, witness, checkpoint, size)),
      ...outlets.webhooks.map(send),
      ...(elsewhere === undefined
        ? []
        : [elsewhere.putReplaceable(`checkpoints/${org}/${padded(size)}`, Buffer.from(checkpoint)).then(() => '')]),
    ]);
    const failed = results.filter(({ status }) => status === 'rejected');
    for (const result of failed)
      log.error('a checkpoint did not leave the account', { org, error: (result as PromiseRejectedResult).reason });
    const lines = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return { size, taken: results.length - failed.length, failed: failed.length, note: checkpoint + lines.join('') };
  };
