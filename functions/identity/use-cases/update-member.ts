// Changes a member: suspension ends its access from the next request on, and never closes the last way in.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { Member } from '../ports.ts';
import type { MemberItem, memberPatch } from '../schemas.ts';
import type { IdentityDependencies } from './identity-dependencies.ts';
import { auditedChanges, changesOfMember, showMember } from './members.ts';

type Patch = z.infer<typeof memberPatch>;

const given = <T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never;

export const updateMember = async (
  { members, model, changeAccess }: IdentityDependencies,
  call: Call<{ user: string }, object, Patch, Member>,
): Promise<Answer<MemberItem>> => {
  const member = await changeAccess(call, async (snapshot, nowMs) => {
    const before = await members.lookUp(call.org, call.located.id);
    if (typeof before !== 'object') throw notFound();
    if (call.ifMatch !== undefined && call.ifMatch !== before.version) throw versionMismatch();
    const after: Member = { ...before, ...given(call.body), version: before.version + 1 };
    const regrouped = JSON.stringify(before.groups) !== JSON.stringify(after.groups);
    return {
      writes: members.put(call.org, after, before),
      events: [
        {
          type: regrouped ? 'admin.role_changed' : 'admin.settings_changed',
          action: 'update-member',
          resource: { type: 'member', id: before.id },
          changes: auditedChanges(before, after),
        },
      ],
      changes: await changesOfMember(model, snapshot, before, after, nowMs),
      ...(before.status === 'active' && (after.status !== 'active' || regrouped) ? { mayClose: { putsMember: after } } : {}),
      result: after,
    };
  });
  return ok(showMember(member), member.version);
};
