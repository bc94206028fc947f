// What the identity service needs kept: members.
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Write } from '../shared/ports/table.ts';

export type MemberStatus = 'active' | 'suspended' | 'invited';

export interface Member {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: MemberStatus;
  readonly groups: readonly string[];
  readonly source: 'sso' | 'scim' | 'invite';
  /** For conditions on the principal; only our own record supplies them. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly lastLoginAtMs?: number | undefined;
  readonly version: number;
}

/** What is known of a member id: an id that was removed is never given again. */
export type MemberRecord = Member | 'removed' | undefined;

export interface MemberStore {
  lookUp(org: OrgId, id: string): Promise<MemberRecord>;
  /** In the order of the ids. */
  lookUpAll(org: OrgId, ids: readonly string[]): Promise<MemberRecord[]>;
  /** In the order of the ids; @param request.after an id, or the `next` of the page before */
  list(
    org: OrgId,
    request: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ readonly items: readonly Member[]; readonly next?: string }>;
  /** @param before the record that it takes the place of; absent for a new one */
  put(org: OrgId, member: Member, before?: Member): Write[];
  remove(org: OrgId, member: Member): Write[];
}
