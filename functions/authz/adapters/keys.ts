// Every partition and sort key of access control. INVARIANT: one with a part of its own has a colon, as no workspace has.
import type { Principal } from '../../shared/kernel/principal.ts';
import { type Scope, workspaceOf } from '../../shared/kernel/scope.ts';
import { globalTenant, type Key } from '../../shared/ports/table.ts';

/** Equal copies of the access version: a partition serves 3,000 reads a second. */
export const versionCopies = 4;
export const versionKey = (org: string, copy: number): Key => ({ pk: `${org}#access-version:${copy}`, sk: 'version' });

/** Roles and policies: one partition, read whole when the version has moved. */
export const accessPartition = (org: string): string => `${org}#access`;
export const rolePrefix = 'role#';
export const policyPrefix = 'policy#';
export const roleKey = (org: string, id: string): Key => ({ pk: accessPartition(org), sk: `${rolePrefix}${id}` });
export const policyKey = (org: string, id: string): Key => ({ pk: accessPartition(org), sk: `${policyPrefix}${id}` });

export const assignmentPartition = (org: string): string => `${org}#assignments`;
export const assignmentKey = (org: string, id: string): Key => ({ pk: assignmentPartition(org), sk: id });
/** All that one principal is assigned. A principal holds no `#`. */
export const principalPartition = (org: string, principal: Principal): string => `${org}#assigned:${principal}`;
/** All that is assigned a role: assignments and API tokens. */
export const rolePartition = (org: string, role: string): string => `${org}#role-held:${role}`;
export const heldByAssignment = 'assignment#';
export const heldByToken = 'token#';
/** All that is assigned somewhere in a workspace, or everywhere (`*`, which is no identifier). */
export const placePartition = (org: string, scope: Scope): string => `${org}#${workspaceOf(scope) ?? '*'}#assignments`;

export const tokenPartition = (org: string): string => `${org}#tokens`;
export const tokenKey = (org: string, id: string): Key => ({ pk: tokenPartition(org), sk: id });
/** All tokens that act somewhere in a workspace, or everywhere. */
export const tokenPlacePartition = (org: string, scope: Scope): string => `${org}#${workspaceOf(scope) ?? '*'}#tokens`;
export const tokenUseKey = (org: string, id: string): Key => ({ pk: `${org}#token-uses`, sk: id });
/** Which organization an API token belongs to: the one row that is found by the token's id alone. */
export const tokenPointerKey = (id: string): Key => ({ pk: `${globalTenant}#token#${id}`, sk: 'token' });

export const workspacePartition = (org: string): string => `${org}#workspaces`;
export const workspaceKey = (org: string, id: string): Key => ({ pk: workspacePartition(org), sk: id });

/** A day's usage is spread by principal: one partition takes 1,000 writes a second. */
export const usageShards = 16;
/** @param day as `2026-01-31` */
export const usagePartition = (org: string, day: string, shard: number): string => `${org}#usage:${day}:${shard}`;
/** When an organization's usage records began, which recorders hold counts that are not yet written, what was lost. */
export const usageCoveragePartition = (org: string): string => `${org}#usage-coverage`;
export const usageStartKey = (org: string): Key => ({ pk: usageCoveragePartition(org), sk: 'start' });
export const usageWaitingPrefix = 'waiting#';
export const usageWaitingKey = (org: string, recorder: string): Key => ({
  pk: usageCoveragePartition(org),
  sk: `${usageWaitingPrefix}${recorder}`,
});
export const usageLostPrefix = 'lost#';
export const usageLostKey = (org: string, recorder: string, fromMs: number): Key => ({
  pk: usageCoveragePartition(org),
  sk: `${usageLostPrefix}${recorder}#${fromMs}`,
});
