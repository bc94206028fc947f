// Members over the table port; each address is held by one member at most.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { alreadyExists, versionMismatch } from '../../shared/kernel/errors.ts';
import { identifier } from '../../shared/kernel/ids.ts';
import type { Item, Table } from '../../shared/ports/table.ts';
import type { Member, MemberRecord, MemberStore } from '../ports.ts';
import { emailKey, memberKey, memberPartition } from './keys.ts';

const stored = z.object({
  id: identifier,
  email: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'invited']),
  groups: z.array(identifier),
  source: z.enum(['sso', 'scim', 'invite']),
  attributes: z.record(z.string(), z.string()).optional(),
  lastLoginAtMs: z.int().optional(),
  version: z.int(),
});

/** A removed member leaves its id behind, and nothing else. */
const isRemoved = (item: Item): boolean => item.removed === true;
const read = (item: Item | undefined): MemberRecord => {
  if (item === undefined) return undefined;
  return isRemoved(item) ? 'removed' : stored.parse(item);
};

const digestOf = (email: string): string => createHash('sha256').update(email.toLowerCase()).digest('base64url');

export const tableMemberStore = (table: Table): MemberStore => ({
  lookUp: async (org, id) => read(await table.get(org, memberKey(org, id))),
  lookUpAll: async (org, ids) =>
    (
      await table.batchGet(
        org,
        ids.map((id) => memberKey(org, id)),
      )
    ).map(read),
  list: async (org, { limit, after }) => {
    const page = await table.query(org, { pk: memberPartition(org), limit, ...(after === undefined ? {} : { after }) });
    const items = page.items.filter((item) => !isRemoved(item)).map((item): Member => stored.parse(item));
    return { items, ...(page.next === undefined ? {} : { next: page.next }) };
  },
  put: (org, member, before) => {
    const row = { kind: 'put' as const, item: { ...memberKey(org, member.id), ...member } };
    const email = emailKey(org, digestOf(member.email));
    const holdEmail = {
      kind: 'put' as const,
      item: { ...email, member: member.id },
      condition: { absent: true as const },
      orElse: () => alreadyExists('member'),
    };
    if (before === undefined) return [{ ...row, condition: { absent: true }, orElse: () => alreadyExists('member') }, holdEmail];
    const own = { ...row, condition: { version: before.version }, orElse: versionMismatch };
    if (digestOf(before.email) === digestOf(member.email)) return [own];
    return [own, holdEmail, { kind: 'delete', key: emailKey(org, digestOf(before.email)) }];
  },
  remove: (org, { id, email, version }) => [
    { kind: 'put', item: { ...memberKey(org, id), removed: true, version: version + 1 }, condition: { version }, orElse: versionMismatch },
    { kind: 'delete', key: emailKey(org, digestOf(email)) },
  ],
});
