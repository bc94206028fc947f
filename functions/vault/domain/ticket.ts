// Execution tickets: 15 minutes in which one execution of one pipeline may resolve its bound secrets; JSON under HMAC-SHA-256 (RFC 2104) by the organization's key.
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { AppError } from '../../shared/kernel/errors.ts';
import { environment, identifier, orgId, workspaceId } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';

export const ticketLifeMs = 15 * 60_000;
/** No ticket is longer; anything longer is not looked at. */
const maxTicketLength = 2_000;

const ticketPrefix = 'mmx_';
const macLabel = 'ticket/v1';

/** All that a ticket fixes. */
export const ticket = z.strictObject({
  org: orgId,
  /** On whose credential the execution began. */
  caller: principal,
  workspace: workspaceId,
  pipeline: identifier,
  /** The binding's revision when the execution began; absent: there was none for this environment, so nothing resolves. */
  binding: identifier.optional(),
  environment,
  app: identifier.optional(),
  namespace: identifier.optional(),
  step: identifier.optional(),
  execution: identifier,
  expiresAtMs: z.int().min(0),
});
export type Ticket = z.infer<typeof ticket>;

/** One refusal for alteration, expiry and another organization alike. */
export const ticketRefused = (cause?: unknown): AppError =>
  new AppError('forbidden', 'the ticket is not valid: it is altered, has expired, or belongs to another organization', { cause });

const macOf = (key: Uint8Array, payload: string): Buffer => createHmac('sha256', key).update(`${macLabel}.${payload}`).digest();

/** @param key the organization's key for tickets */
export const sealTicket = (key: Uint8Array, of: Ticket): string => {
  const payload = Buffer.from(JSON.stringify(ticket.parse(of)), 'utf8').toString('base64url');
  return `${ticketPrefix}${payload}.${macOf(key, payload).toString('base64url')}`;
};

export interface ClaimedTicket {
  readonly claimed: Ticket;
  readonly payload: string;
  readonly mac: Buffer;
}

/** @returns what a ticket claims, which nothing has proven yet; its organization says whose key to verify with; @throws as {@link ticketRefused} */
export const readClaims = (text: string): ClaimedTicket => {
  const match = text.length <= maxTicketLength ? /^mmx_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/.exec(text) : null;
  const [, payload = '', macText = ''] = match ?? [];
  const mac = Buffer.from(macText, 'base64url');
  if (match === null || mac.toString('base64url') !== macText) throw ticketRefused();
  try {
    return { claimed: ticket.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))), payload, mac };
  } catch {
    throw ticketRefused();
  }
};

/** @returns the ticket, proven and not expired; @throws as {@link ticketRefused} */
export const verifyClaims = (key: Uint8Array, { claimed, payload, mac }: ClaimedTicket, nowMs: number): Ticket => {
  // INVARIANT: the MAC covers the very characters that were sent, so that no second spelling of a ticket is accepted.
  if (!timingSafeEqual(macOf(key, payload), mac) || claimed.expiresAtMs <= nowMs) throw ticketRefused();
  return claimed;
};
