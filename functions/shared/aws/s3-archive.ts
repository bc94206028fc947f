// The archive port on S3 with Object Lock: conditional writes, so that nothing is written over what another writer put there.
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/world.ts';
import { type Archive, ArchiveConflict, assertArchivePath } from '../ports/archive.ts';
import { asDependencyError, errorName } from './dependency-error.ts';
import { jitteredPause, type Pause } from './pause.ts';

const maxListed = 1000;
const writeTries = 5;

/** `COMPLIANCE` binds everyone, the account's root included, until retention ends; `GOVERNANCE` lets a right bypass it. */
export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

interface Standing {
  readonly etag: string | undefined;
  readonly retainUntilMs: number | undefined;
}

const statusOf = (error: unknown): number | undefined => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
const isMissing = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes(errorName(error));
/** The object is not what the condition said, or another conditional write is under way. */
const isTaken = (error: unknown): boolean => statusOf(error) === 412 || statusOf(error) === 409;

const checksum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** @param bucket versioned, with Object Lock enabled and no default retention */
export const s3Archive = ({
  client,
  bucket,
  lockMode,
  clock,
  pause = jitteredPause,
}: {
  client: S3Client;
  bucket: string;
  lockMode: LockMode;
  clock: Clock;
  pause?: Pause;
}): Archive => {
  const orMissing = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asDependencyError('the archive', error);
    }
  };

  const put = async (path: string, bytes: Uint8Array, options: Partial<PutObjectCommandInput>): Promise<'put' | 'taken'> => {
    // S3 takes a locked object only with a checksum's algorithm named beside the checksum.
    const sum = { ChecksumAlgorithm: 'SHA256', ChecksumSHA256: checksum(bytes) } as const;
    const command = new PutObjectCommand({ Bucket: bucket, Key: path, Body: bytes, ...sum, ...options });
    try {
      await client.send(command);
      return 'put';
    } catch (error) {
      if (isTaken(error)) return 'taken';
      throw asDependencyError('the archive', error);
    }
  };

  const read = async (path: string): Promise<(Standing & { bytes: Uint8Array }) | undefined> => {
    const answer = await orMissing(client.send(new GetObjectCommand({ Bucket: bucket, Key: path })));
    if (answer === undefined) return undefined;
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    return { bytes, etag: answer.ETag, retainUntilMs: answer.ObjectLockRetainUntilDate?.getTime() };
  };

  const head = async (path: string): Promise<Standing | undefined> => {
    const answer = await orMissing(client.send(new HeadObjectCommand({ Bucket: bucket, Key: path })));
    return answer && { etag: answer.ETag, retainUntilMs: answer.ObjectLockRetainUntilDate?.getTime() };
  };

  const assertUnlocked = (path: string, standing: Standing | undefined): void => {
    if ((standing?.retainUntilMs ?? 0) > clock.nowMs()) throw new ArchiveConflict(path);
  };

  const busy = (): AppError => new AppError('dependency-unavailable', 'the archive is busy with the same object; try again');

  return {
    async putLocked(path, bytes, retainUntilMs) {
      assertArchivePath(path);
      const retainUntil = new Date(retainUntilMs);
      for (let attempt = 1; attempt <= writeTries; attempt += 1) {
        const options = { IfNoneMatch: '*', ObjectLockMode: lockMode, ObjectLockRetainUntilDate: retainUntil };
        if ((await put(path, bytes, options)) === 'put') return;
        const standing = await read(path);
        if (standing !== undefined) {
          if (Buffer.compare(standing.bytes, bytes) !== 0) throw new ArchiveConflict(path);
          if (standing.retainUntilMs !== undefined) return;
          // The same bytes were put as replaceable: they get the lock that they lack.
          const lock = { Mode: lockMode, RetainUntilDate: retainUntil };
          await orMissing(client.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: path, Retention: lock })));
          return;
        }
        await pause(attempt);
      }
      throw busy();
    },
    async putReplaceable(path, bytes) {
      assertArchivePath(path);
      for (let attempt = 1; attempt <= writeTries; attempt += 1) {
        const standing = await head(path);
        assertUnlocked(path, standing);
        // INVARIANT: what is replaced is what was just seen unlocked.
        const condition = standing?.etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: standing.etag };
        if ((await put(path, bytes, condition)) === 'put') return;
        await pause(attempt);
      }
      throw busy();
    },
    async get(path) {
      assertArchivePath(path);
      const standing = await read(path);
      return standing?.bytes;
    },
    async list(prefix, after) {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, MaxKeys: maxListed });
      const answer = await orMissing(client.send(command));
      const paths = (answer?.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
      const last = paths.at(-1);
      return answer?.IsTruncated && last !== undefined ? { paths, next: last } : { paths };
    },
    async delete(path) {
      assertArchivePath(path);
      const standing = await head(path);
      assertUnlocked(path, standing);
      if (standing !== undefined) await orMissing(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: path })));
    },
  };
};
