// The second half of a seal: once the head has moved, its staging bundle is carried out. Every step may be done again, by anyone, after any crash.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Keys } from '../../shared/ports/keys.ts';
import { signCheckpoint } from '../domain/checkpoint.ts';
import { fitEvent } from '../domain/fit-event.ts';
import { tileWidth } from '../domain/merkle-hash.ts';
import { formatVerifierKey } from '../domain/signed-note.ts';
import { decodeStaging, isStale, type StagingBundle, stagingFolder } from '../domain/staging-bundle.ts';
import { parseTilePath } from '../domain/tile-path.ts';
import type { LogFiles, LogHead, LogHeads, Notices, Outbox } from '../ports.ts';

export interface WriteSealDependencies {
  readonly log: Notices;
  readonly keys: Pick<Keys, 'sign' | 'publicKey'>;
  readonly outbox: Outbox;
  readonly heads: LogHeads;
  readonly files: LogFiles;
}

const checkpointFile = 'checkpoint';
const keyFile = 'key';

const readStaging = async ({ files }: WriteSealDependencies, org: OrgId, path: string): Promise<StagingBundle | undefined> => {
  const bytes = await files.read(org, path);
  return bytes && decodeStaging(bytes, path);
};

const writeFiles = async ({ files }: WriteSealDependencies, org: OrgId, bundle: StagingBundle): Promise<void> => {
  await Promise.all(
    bundle.files.map(({ path, locked, bytes }) =>
      locked ? files.writeLocked(org, path, bytes, bundle.retainUntilMs) : files.writeReplaceable(org, path, bytes),
    ),
  );
};

/** Takes away what a log no longer needs. Where that fails, or the writer may not delete, files are left over: they harm nothing. */
export const removeFiles = async ({ files, log }: WriteSealDependencies, org: OrgId, paths: readonly string[]): Promise<void> => {
  try {
    await Promise.all(paths.map((path) => files.remove(org, path)));
  } catch (error) {
    log.warn('files that a log no longer needs were not removed', { org, count: paths.length, error });
  }
};

/** Partial tiles that a full one replaced. */
const replacedPartials = async ({ files }: WriteSealDependencies, org: OrgId, bundle: StagingBundle): Promise<string[]> => {
  const full = bundle.files.flatMap(({ path }) => (parseTilePath(path)?.width === tileWidth ? [path] : []));
  return (await Promise.all(full.map((path) => files.list(org, `${path}.p/`)))).flat();
};

/** A slow writer may have put an older checkpoint over a newer one: whoever finds the head moved on writes the newer one again. */
const repairCheckpoint = async ({ heads, files }: WriteSealDependencies, org: OrgId): Promise<void> => {
  for (let written: string | undefined; ; ) {
    const checkpoint = (await heads.read(org))?.checkpoint;
    if (checkpoint === undefined || checkpoint === written) return;
    await files.writeReplaceable(org, checkpointFile, Buffer.from(checkpoint));
    written = checkpoint;
  }
};

/**
 * Carries out what a moved head owes: files, signed checkpoint, outbox rows, and last the head's reference to the bundle.
 * @param head one with a staging bundle; @param known the bundle, where the caller has it
 */
export const writeSeal = async (dependencies: WriteSealDependencies, org: OrgId, head: LogHead, known?: StagingBundle): Promise<void> => {
  const { keys, outbox, heads, files } = dependencies;
  const { staging, origin, size, root } = head;
  if (staging === undefined) return;
  const bundle = known ?? (await readStaging(dependencies, org, staging));
  if (bundle === undefined) {
    if ((await heads.read(org))?.version !== head.version) return;
    throw new Error('the staging bundle of a log head is missing');
  }
  await writeFiles(dependencies, org, bundle);
  const publicKey = await keys.publicKey();
  if (bundle.firstLeaf === 0)
    await files.writeReplaceable(org, keyFile, Buffer.from(`${formatVerifierKey({ name: origin, publicKey })}\n`));
  // INVARIANT: only the tree of a head that has moved is signed, so no two signed checkpoints of a log can contradict each other.
  const checkpoint = await signCheckpoint({ origin, size, root }, publicKey, (message) => keys.sign(message));
  await files.writeReplaceable(org, checkpointFile, Buffer.from(checkpoint));
  const places = bundle.ids.map((id, index) => ({ id, leafIndex: bundle.firstLeaf + index }));
  await outbox.markSealed(org, places, fitEvent);
  const { staging: _, ...settled } = head;
  const cleared = await heads.move(org, { ...settled, version: head.version + 1, checkpoint, checkpointSize: size }, head.version);
  if (!cleared) return repairCheckpoint(dependencies, org);
  await removeFiles(dependencies, org, [staging, ...(await replacedPartials(dependencies, org, bundle))]);
};

/** What a crash may leave behind a head without a bundle: an older checkpoint in the archive, and bundles that no head will ever name. */
export const tidyLog = async (dependencies: WriteSealDependencies, org: OrgId, head: LogHead): Promise<void> => {
  const { files } = dependencies;
  const published = await files.read(org, checkpointFile);
  if (head.checkpoint !== undefined && (published === undefined || !Buffer.from(head.checkpoint).equals(published))) {
    await repairCheckpoint(dependencies, org);
  }
  const bundles = await files.list(org, stagingFolder);
  await removeFiles(
    dependencies,
    org,
    bundles.filter((path) => isStale(path, head.version)),
  );
};
