// Removes a member for good: its id is never given again.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { Member } from '../ports.ts';
import type { IdentityDependencies } from './identity-dependencies.ts';
import { changesOfMember } from './members.ts';

export const removeMember = async (
  { members, model, changeAccess }: IdentityDependencies,
  call: Call<{ user: string }, object, unknown, Member>,
): Promise<Answer<never>> => {
  await changeAccess(call, async (snapshot, nowMs) => {
    const before = await members.lookUp(call.org, call.located.id);
    if (typeof before !== 'object') throw notFound();
    if (call.ifMatch !== undefined && call.ifMatch !== before.version) throw versionMismatch();
    return {
      writes: members.remove(call.org, before),
      events: [{ type: 'admin.member_removed', action: 'remove-member', resource: { type: 'member', id: before.id } }],
      changes: await changesOfMember(model, snapshot, before, undefined, nowMs),
      ...(before.status === 'active' ? { mayClose: { removesMember: before } } : {}),
      result: undefined,
    };
  });
  return noContent();
};
