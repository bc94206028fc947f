// All that other services and the laptop may import of the vault.
import type { Platform } from '../shared/platform.ts';
import { tableFingerprintKeys } from './adapters/table-fingerprint-keys.ts';
import { tableFingerprints } from './adapters/table-fingerprints.ts';
import { tableStates } from './adapters/table-states.ts';
import { type ReadFingerprints, readFingerprints } from './use-cases/read-fingerprints.ts';

export { vaultContents } from './adapters/vault-contents.ts';
export { type FoundSecret, findSecrets, type SecretFingerprints } from './domain/find-secrets.ts';
export type { Ticket } from './domain/ticket.ts';
export { type OpenTicket, openTicket } from './use-cases/open-ticket.ts';

/** Make one a process, so that requests share what is compiled. It needs the service key alone: whoever scans texts opens no secret. */
export const secretFingerprints = ({
  table,
  keyTable,
  keys,
  world,
}: Pick<Platform, 'table' | 'keyTable' | 'keys' | 'world'>): ReadFingerprints =>
  readFingerprints({
    states: tableStates(table),
    fingerprints: tableFingerprints(table),
    fingerprintKeys: tableFingerprintKeys({ keyTable, keys, world }),
  });
