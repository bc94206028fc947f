import { describe } from 'vitest';
import { fileKeys } from '../../functions/shared/embedded/file-keys.ts';
import { temporaryFolder, testRandomness } from '../support/ports.ts';
import { keysContract } from './keys.contract.ts';

describe('the keys port on a key file', () => {
  keysContract(() => {
    const folder = temporaryFolder();
    return { keys: fileKeys({ path: `${folder.path}/keys.json`, randomness: testRandomness('contract') }), close: folder.remove };
  });
});
