// All of an organization that bears on access, read whole at one version and kept until the version moves: what `who-can` looks through.

import type { MemberRecord, MemberStore } from '../../identity/public.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { type Principal, principalId, principalKind, principal as principalSchema } from '../../shared/kernel/principal.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { builtInRoles } from '../domain/built-in-roles.ts';
import { lru } from '../domain/lru.ts';
import type { Directory, DirectoryEntry, Holding } from '../domain/who-can.ts';
import type { AssignmentStore, Listed, ListRequest, ModelStore, TokenStore } from '../ports.ts';
import { type AccessModel, maxTokenChain, type Snapshot } from './load-access.ts';

/** Directories are large: a few organizations' are kept. */
const maxOrganizations = 8;
const pageSize = 500;
const maxTries = 20;

interface Stores {
  readonly model: AccessModel;
  readonly models: ModelStore;
  readonly assignments: AssignmentStore;
  readonly tokens: TokenStore;
  readonly members: MemberStore;
}

/** @throws AppError `not-found` where there is no such organization */
export type LoadDirectory = (org: OrgId) => Promise<Directory>;

const everyPage = async <T>(read: (request: ListRequest) => Promise<Listed<T>>, take: (item: T) => void): Promise<void> => {
  for (let after: string | undefined; ; ) {
    const page = await read({ limit: pageSize, after });
    for (const item of page.items) take(item);
    after = page.next;
    if (after === undefined) return;
  }
};

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const asPrincipal = (text: string): Principal => principalSchema.parse(text);

const entryOf = (member: MemberRecord): DirectoryEntry | undefined => {
  if (member === undefined) return undefined;
  if (member === 'removed') return { inactive: 'the member was removed' };
  if (member.status !== 'active') return { inactive: `the member is ${member.status}` };
  const groups = member.groups.map((group) => asPrincipal(`group:${group}`));
  return { groups, ...(member.attributes === undefined ? {} : { attributes: member.attributes }) };
};

const readDirectory = async ({ model, assignments, tokens, members }: Stores, snapshot: Snapshot): Promise<Directory> => {
  const { org } = snapshot;
  const holdings = new Map<string, Map<Scope, Holding[]>>();
  const entries = new Map<Principal, DirectoryEntry>();
  const membersOf = new Map<Principal, Principal[]>();
  const unknownUsers = new Set<Principal>();

  const give = (principal: Principal, id: string, role: string, scope: Scope, expiresAtMs: number): void => {
    const compiled = snapshot.compiled(role);
    if (compiled === undefined) return;
    const ofRole = holdings.get(role) ?? new Map<Scope, Holding[]>();
    holdings.set(role, ofRole);
    push(ofRole, scope, { principal, held: { role: compiled, assignment: id, scope, expiresAtMs } });
  };

  await everyPage(
    (request) => members.list(org, request),
    (member) => {
      const principal = asPrincipal(`user:${member.id}`);
      const entry = entryOf(member);
      if (entry === undefined) return;
      entries.set(principal, entry);
      for (const group of entry.groups ?? []) push(membersOf, group, principal);
    },
  );
  await everyPage(
    (request) => tokens.list(org, request),
    (token) => {
      const principal = asPrincipal(`token:${token.id}`);
      entries.set(principal, { expiresAtMs: token.expiresAtMs, creator: token.createdBy });
      // The token's own end is a matter of the credential: it ends the holder, not the grant.
      if (model.isLive(snapshot, token)) give(principal, token.id, token.role, token.scope, Number.POSITIVE_INFINITY);
    },
  );
  await everyPage(
    (request) => assignments.list(org, {}, request),
    (row) => {
      if (!model.isLive(snapshot, row)) return;
      give(row.principal, row.id, row.role, row.scope, row.expiresAtMs ?? Number.POSITIVE_INFINITY);
      if (principalKind(row.principal) === 'user' && !entries.has(row.principal)) unknownUsers.add(row.principal);
    },
  );
  const unknown = [...unknownUsers];
  const records = await members.lookUpAll(org, unknown.map(principalId));
  for (const [index, principal] of unknown.entries()) {
    const entry = entryOf(records[index]);
    if (entry !== undefined) entries.set(principal, entry);
  }
  const roles = [...builtInRoles.map(({ id }) => id), ...snapshot.roles.keys()].flatMap((id) => snapshot.compiled(id) ?? []);
  return { roles, holdings, entries, members: membersOf, maxTokenChain };
};

export const directoryLoader = (stores: Stores): LoadDirectory => {
  const cache = lru<OrgId, { readonly version: number; readonly directory: Directory }>(maxOrganizations);
  return async (org) => {
    for (let tried = 0; tried < maxTries; tried += 1) {
      const snapshot = await stores.model.current(org);
      const known = cache.get(org);
      if (known?.version === snapshot.version) return known.directory;
      const directory = await readDirectory(stores, snapshot);
      // INVARIANT: what was read is the directory of this version only if the version has not moved meanwhile.
      if ((await stores.models.version(org)) !== snapshot.version) continue;
      cache.set(org, { version: snapshot.version, directory });
      return directory;
    }
    throw new AppError('dependency-unavailable', 'access changes faster than it can be read; try again');
  };
};
