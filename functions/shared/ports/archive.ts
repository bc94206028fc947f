// The archive port: objects that cannot be altered before their retention ends (S3 with Object Lock, or read-only files on a laptop).

export interface Archive {
  /**
   * Writes once. Writing the very same bytes again is no error and changes nothing, so that a crashed writer may start over.
   * @param retainUntilMs no overwrite and no deletion before this time
   * @throws {@link ArchiveConflict} when other bytes stand there
   */
  putLocked(path: string, bytes: Uint8Array, retainUntilMs: number): Promise<void>;
  /**
   * Writes an object that changes: a checkpoint, a partial tile, a staging bundle.
   * @throws {@link ArchiveConflict} on a locked object
   */
  putReplaceable(path: string, bytes: Uint8Array): Promise<void>;
  get(path: string): Promise<Uint8Array | undefined>;
  /** @returns paths with the prefix in byte order, at most 1,000; `next` goes into `after` */
  list(prefix: string, after?: string): Promise<{ readonly paths: readonly string[]; readonly next?: string }>;
  /** @throws {@link ArchiveConflict} before the object's retention ends; deleting what is not there is no error */
  delete(path: string): Promise<void>;
}

/** The archive refused: the object is locked, or other bytes stand there. */
export class ArchiveConflict extends Error {
  constructor(path: string, cause?: unknown) {
    super(`the archive refuses to change \`${path}\``, { cause });
    this.name = 'ArchiveConflict';
  }
}

/** Paths are relative, of parts `[A-Za-z0-9._=@+-]`, none of them `.` or `..`. @throws Error on any other */
export const assertArchivePath = (path: string): void => {
  const parts = path.split('/');
  if (path.length > 900 || parts.some((part) => !/^[A-Za-z0-9._=@+-]+$/.test(part) || part === '.' || part === '..')) {
    throw new Error('not an archive path');
  }
};
