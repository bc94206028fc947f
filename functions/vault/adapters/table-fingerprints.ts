// All fingerprints of a workspace over the table port, page by page.
import type { Table } from '../../shared/ports/table.ts';
import type { FingerprintReads } from '../ports.ts';
import { fingerprintsOf } from './fingerprint-row.ts';
import { fingerprintPartition } from './keys.ts';

const pageSize = 500;

export const tableFingerprints = (table: Table): FingerprintReads =>
  async function* (org, workspace) {
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, {
        pk: fingerprintPartition(org, workspace),
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      });
      for (const item of page.items) yield { secretId: item.sk, row: fingerprintsOf(item) };
      if (page.next === undefined) return;
      after = page.next;
    }
  };
