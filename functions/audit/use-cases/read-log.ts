// The organization's log as C2SP tlog-tiles serves it: checkpoint, verifier key, tiles and entry bundles.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { Keys } from '../../shared/ports/keys.ts';
import { formatVerifierKey } from '../domain/signed-note.ts';
import { parseTilePath, widthAt } from '../domain/tile-path.ts';
import type { LogFiles, LogHeads } from '../ports.ts';
import type { RecordRead } from './record-read.ts';

export interface LogDependencies {
  readonly heads: LogHeads;
  readonly files: LogFiles;
  readonly keys: Pick<Keys, 'publicKey'>;
  readonly recordRead: RecordRead;
}

type LogCall = Call<object, object, unknown, unknown>;

/** @throws AppError `not-found` before the first checkpoint */
export const readCheckpoint = async ({ heads }: LogDependencies, { org }: LogCall): Promise<Answer<string>> => {
  const checkpoint = (await heads.read(org))?.checkpoint;
  if (checkpoint === undefined) throw notFound();
  return ok(checkpoint);
};

/** @throws AppError `not-found` before the first checkpoint */
export const readKey = async ({ heads, keys }: LogDependencies, { org }: LogCall): Promise<Answer<string>> => {
  const head = await heads.read(org);
  if (head?.checkpoint === undefined) throw notFound();
  return ok(`${formatVerifierKey({ name: head.origin, publicKey: await keys.publicKey() })}\n`);
};

/** @throws AppError `not-found` for what the published checkpoint does not cover, and for partial tiles that have become full */
export const readTile = async (
  { heads, files, recordRead }: LogDependencies,
  call: Call<{ proxy: string }, object, unknown, unknown>,
): Promise<Answer<Uint8Array>> => {
  const { org } = call;
  const path = `tile/${call.params.proxy}`;
  const tile = parseTilePath(path);
  const size = (await heads.read(org))?.checkpointSize ?? 0;
  if (tile === undefined || widthAt(tile, size) < tile.width) throw notFound();
  const bytes = await files.read(org, path);
  if (bytes === undefined) throw notFound();
  if (tile.level === 'entries') await recordRead(call as unknown as Call, { action: 'read-log', resource: { type: 'audit-log', id: org } });
  return ok(bytes);
};
