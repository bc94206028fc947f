// API tokens over the table port: a pointer that names the organization, and the token itself in the organization's own rows.
import * as z from 'zod';
import { alreadyExists, versionMismatch } from '../../shared/kernel/errors.ts';
import { identifier, orgId } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';
import { scope } from '../../shared/kernel/scope.ts';
import { ConditionFailed, globalTenant, type Item, type Table } from '../../shared/ports/table.ts';
import { listed, type StoredToken, type TokenStore } from '../ports.ts';
import { heldByToken, rolePartition, tokenKey, tokenPartition, tokenPlacePartition, tokenPointerKey, tokenUseKey } from './keys.ts';

const stored = z.object({
  id: identifier,
  name: z.string(),
  role: identifier,
  roleGeneration: z.string(),
  scope,
  expiresAtMs: z.int(),
  createdAtMs: z.int(),
  createdBy: principal,
  hash: z.instanceof(Uint8Array),
  version: z.int(),
});
const read = (item: Item): StoredToken => stored.parse(item);

export const tableTokenStore = (table: Table): TokenStore => ({
  organizationOf: async (id) => {
    const parsed = orgId.safeParse((await table.get(globalTenant, tokenPointerKey(id)))?.org);
    return parsed.data;
  },
  putPointer: async (id, org) => {
    try {
      await table.transact(globalTenant, [{ kind: 'put', item: { ...tokenPointerKey(id), org }, condition: { absent: true } }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      // INVARIANT: a pointer never changes organizations.
      if ((await table.get(globalTenant, tokenPointerKey(id)))?.org !== org) throw alreadyExists('token');
    }
  },
  deletePointer: async (id) => {
    await table.transact(globalTenant, [{ kind: 'delete', key: tokenPointerKey(id) }]);
  },
  get: async (org, id) => {
    const item = await table.get(org, tokenKey(org, id));
    return item && read(item);
  },
  list: async (org, { limit, after }) =>
    listed(await table.query(org, { pk: tokenPartition(org), limit, ...(after === undefined ? {} : { after }) }), read),
  ofRole: async (org, role, { limit, after }) =>
    listed(
      await table.query(org, {
        pk: rolePartition(org, role),
        range: { prefix: heldByToken },
        limit,
        ...(after === undefined ? {} : { after }),
      }),
      read,
    ),
  anyIn: async (org, workspace) => {
    const page = await table.query(org, { pk: tokenPlacePartition(org, scope.parse(workspace)), limit: 1 });
    return page.items.length > 0;
  },
  put: (org, token) => [
    {
      kind: 'put',
      item: { ...tokenKey(org, token.id), ...token },
      condition: { absent: true },
      orElse: () => alreadyExists('token'),
    },
    { kind: 'put', item: { pk: rolePartition(org, token.role), sk: `${heldByToken}${token.id}`, ...token } },
    { kind: 'put', item: { pk: tokenPlacePartition(org, token.scope), sk: token.id } },
  ],
  delete: (org, token) => [
    { kind: 'delete', key: tokenKey(org, token.id), condition: { version: token.version }, orElse: versionMismatch },
    { kind: 'delete', key: { pk: rolePartition(org, token.role), sk: `${heldByToken}${token.id}` } },
    { kind: 'delete', key: { pk: tokenPlacePartition(org, token.scope), sk: token.id } },
    { kind: 'delete', key: tokenUseKey(org, token.id) },
  ],
  touch: async (org, id, timeMs) => {
    await table.transact(org, [{ kind: 'put', item: { ...tokenUseKey(org, id), usedAtMs: timeMs } }]);
  },
  lastUsed: async (org, ids) => {
    const rows = await table.batchGet(
      org,
      ids.map((id) => tokenUseKey(org, id)),
    );
    return rows.map((row) => (typeof row?.usedAtMs === 'number' ? row.usedAtMs : undefined));
  },
});
