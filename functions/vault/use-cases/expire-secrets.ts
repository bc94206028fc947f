// The daily look at expiries: what expires within 14 days and what has expired, each recorded once and named every day.
import type { NewEvent } from '../../audit/public.ts';
import type { Caller } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId, toTime, type World } from '../../shared/kernel/world.ts';
import { placeText, type Secret, statusAt } from '../domain/secret.ts';
import type { BranchKeys, ExpiryNotices, SecretStore } from '../ports.ts';
import type { CommitChange, CommitFacts } from './commit-change.ts';
import { secretEvent } from './secret-event.ts';

export interface ExpireDependencies {
  readonly secrets: SecretStore;
  readonly branchKeys: BranchKeys;
  readonly expiryNotices: ExpiryNotices;
  readonly commit: CommitChange;
  readonly world: World;
}

/** A secret to alarm on. */
export interface Expiring {
  readonly org: string;
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly status: 'expiring' | 'expired';
  readonly expiresAt: string;
}

const pageSize = 200;

/** Acts in steps that nobody asked for. */
export const vaultItself = (org: OrgId, world: World): CommitFacts & { readonly org: OrgId } => ({
  org,
  caller: { org, principal: 'service:vault' as Caller['principal'] },
  source: {},
  requestId: `daily-${newId(world)}`,
  timeMs: world.nowMs(),
});

type Due = Secret & { readonly expiresAtMs: number };

const dueStatus = (secret: Secret, nowMs: number): Expiring['status'] | undefined => {
  const status = statusAt(secret, nowMs);
  return status === 'expiring' || status === 'expired' ? status : undefined;
};

const record = (secret: Due, status: Expiring['status']): NewEvent =>
  secretEvent('secret.updated', status === 'expired' ? 'secret-expired' : 'secret-expiring', secret, {
    changes: [
      { path: '/status', after: status },
      { path: '/expiresAt', after: toTime(secret.expiresAtMs) },
    ],
  });

const expireIn = async (dependencies: ExpireDependencies, org: OrgId, workspace: string): Promise<Expiring[]> => {
  const { secrets, expiryNotices, commit, world } = dependencies;
  const alarms: Expiring[] = [];
  for (let after: string | undefined; ; ) {
    const page = await secrets.page(org, { workspace, limit: pageSize, ...(after === undefined ? {} : { after }) });
    const nowMs = world.nowMs();
    const due = page.entries.flatMap(({ secret }) => {
      const status = dueStatus(secret, nowMs);
      const { expiresAtMs } = secret;
      return status === undefined || expiresAtMs === undefined ? [] : [{ secret: { ...secret, expiresAtMs }, status }];
    });
    const notices = await expiryNotices.get(
      org,
      due.map(({ secret }) => secret),
    );
    for (const [index, { secret, status }] of due.entries()) {
      const { id, name, location, expiresAtMs } = secret;
      alarms.push({ org, id, name, location: placeText(location), status, expiresAt: toTime(expiresAtMs) });
      const before = notices[index];
      if (before?.status === status && before.expiresAtMs === expiresAtMs) continue;
      await commit(vaultItself(org, world), [expiryNotices.write(secret, { status, expiresAtMs })], record(secret, status));
    }
    if (page.next === undefined) return alarms;
    after = page.next;
  }
};

/** @returns what to alarm on, in every organization */
export const expireAll = async (dependencies: ExpireDependencies): Promise<Expiring[]> => {
  const { branchKeys } = dependencies;
  const alarms: Expiring[] = [];
  for (const org of await branchKeys.organizations()) {
    for (const workspace of await branchKeys.workspaces(org)) alarms.push(...(await expireIn(dependencies, org, workspace)));
  }
  return alarms;
};
