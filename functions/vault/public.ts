// All that other services may import of the vault.
export { vaultContents } from './adapters/vault-contents.ts';
export type { Ticket } from './domain/ticket.ts';
export { type OpenTicket, openTicket } from './use-cases/open-ticket.ts';
