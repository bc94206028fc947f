import { describe } from 'vitest';
import { fileArchive } from '../../functions/shared/embedded/file-archive.ts';
import { temporaryFolder, testClock } from '../support/ports.ts';
import { archiveContract } from './archive.contract.ts';

describe('the archive port on files', () => {
  archiveContract(() => {
    const folder = temporaryFolder();
    const clock = testClock();
    return { archive: fileArchive({ root: `${folder.path}/bucket`, clock }), clock, close: folder.remove };
  });
});
