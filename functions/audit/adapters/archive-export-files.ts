// Files of exports over the archive port, under `exports/<organization>/<job>/`: never locked, since they are copies.
import type { Archive } from '../../shared/ports/archive.ts';
import type { ExportFiles } from '../ports.ts';
import { exportPath } from './keys.ts';

export const archiveExportFiles = ({ archive }: { archive: Archive }): ExportFiles => {
  const paths = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await archive.list(prefix, after);
      found.push(...page.paths);
      if (page.next === undefined) return found;
      after = page.next;
    }
  };
  return {
    read: (org, job, name) => archive.get(exportPath(org, job, name)),
    write: (org, job, name, bytes) => archive.putReplaceable(exportPath(org, job, name), bytes),
    async jobs(org) {
      const prefix = exportPath(org, '', '').replace(/\/+$/, '/');
      return [...new Set((await paths(prefix)).map((path) => path.slice(prefix.length).split('/', 1)[0] ?? ''))];
    },
    async removeAll(org, job) {
      for (const path of await paths(exportPath(org, job, ''))) await archive.delete(path);
    },
  };
};
