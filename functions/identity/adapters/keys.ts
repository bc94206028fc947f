// Every partition and sort key of the identity service.
import type { Key } from '../../shared/ports/table.ts';

export const memberPartition = (org: string): string => `${org}#members`;
export const memberKey = (org: string, id: string): Key => ({ pk: memberPartition(org), sk: id });

/** Who holds an address; @param digest of the address, so that keys hold no personal data */
export const emailKey = (org: string, digest: string): Key => ({ pk: `${org}#member-emails`, sk: digest });
