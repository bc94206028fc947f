// Opens execution tickets, for the resolver and for prompt protection.
import type { World } from '../../shared/kernel/world.ts';
import { NoSuchKey, type OrgKeys } from '../../shared/org-keys.ts';
import { readClaims, type Ticket, ticketRefused, verifyClaims } from '../domain/ticket.ts';

/**
 * @param org the organization that the ticket has to be of, where the caller's is known; it is compared before any key is fetched
 * @throws AppError `forbidden`, the same for alteration, expiry and another organization
 */
export type OpenTicket = (text: string, org?: string) => Promise<Ticket>;

export const openTicket =
  ({ orgKeys, world }: { orgKeys: OrgKeys; world: World }): OpenTicket =>
  async (text, org) => {
    const claims = readClaims(text);
    if (org !== undefined && claims.claimed.org !== org) throw ticketRefused();
    if (claims.claimed.expiresAtMs <= world.nowMs()) throw ticketRefused();
    return verifyClaims(await ticketKey(orgKeys, claims.claimed.org), claims, world.nowMs());
  };

/** The claimed organization is not yet proven: asking for it makes nothing. */
const ticketKey = (orgKeys: OrgKeys, org: Ticket['org']): Promise<Uint8Array> =>
  orgKeys(org, 'tickets', 'existing').catch((error: unknown) => {
    throw error instanceof NoSuchKey ? ticketRefused() : error;
  });
