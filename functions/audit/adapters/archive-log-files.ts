// Files of an organization's log over the archive port, under `log/<organization>/`.
import type { Archive } from '../../shared/ports/archive.ts';
import type { LogFiles } from '../ports.ts';
import { logPath } from './keys.ts';

export const archiveLogFiles = ({ archive }: { archive: Archive }): LogFiles => ({
  read: (org, path) => archive.get(logPath(org, path)),
  writeLocked: (org, path, bytes, retainUntilMs) => archive.putLocked(logPath(org, path), bytes, retainUntilMs),
  writeReplaceable: (org, path, bytes) => archive.putReplaceable(logPath(org, path), bytes),
  remove: (org, path) => archive.delete(logPath(org, path)),
  async list(org, prefix) {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const { paths, next } = await archive.list(logPath(org, prefix), after);
      found.push(...paths.map((path) => path.slice(logPath(org, '').length)));
      if (next === undefined) return found;
      after = next;
    }
  },
});
