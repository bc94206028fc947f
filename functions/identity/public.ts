// All that other services may import of identity: who is a member, and in what state.
export { tableMemberStore } from './adapters/table-member-store.ts';
export type { Member, MemberRecord, MemberStatus, MemberStore } from './ports.ts';
