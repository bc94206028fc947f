import { describe } from 'vitest';
import { fileArchive } from '../../functions/shared/embedded/file-archive.ts';
import { folderDelivery } from '../../functions/shared/embedded/folder-delivery.ts';
import { temporaryFolder, testClock } from '../support/ports.ts';
import { deliveryContract } from './delivery.contract.ts';

describe('the delivery port on a folder', () => {
  deliveryContract(() => {
    const folder = temporaryFolder();
    const archive = fileArchive({ root: folder.path, clock: testClock() });
    return {
      delivery: folderDelivery({ archive, retentionDays: 1 }),
      archived: true,
      lines: async () => {
        const { paths } = await archive.list('archive/');
        const objects = await Promise.all(paths.map((path) => archive.get(path)));
        return objects.flatMap((bytes) =>
          Buffer.from(bytes ?? [])
            .toString()
            .split('\n')
            .slice(0, -1),
        );
      },
      close: folder.remove,
    };
  });
});
