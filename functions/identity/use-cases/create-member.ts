// Invites a member, or makes one that is active at once.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { alreadyExists } from '../../shared/kernel/errors.ts';
import { newId } from '../../shared/kernel/world.ts';
import type { Member } from '../ports.ts';
import type { MemberItem, memberBody } from '../schemas.ts';
import type { IdentityDependencies } from './identity-dependencies.ts';
import { auditedChanges, changesOfMember, showMember } from './members.ts';

export const createMember = async (
  { members, model, changeAccess, world }: IdentityDependencies,
  call: Call<object, object, z.infer<typeof memberBody>>,
): Promise<Answer<MemberItem>> => {
  const { id = newId(world), ...rest } = call.body;
  const member: Member = { id, ...rest, source: 'invite', version: 1 };
  await changeAccess(call, async (snapshot, nowMs) => {
    // INVARIANT: an id that was removed is never given again, so that nothing assigned to it comes back to life.
    if ((await members.lookUp(call.org, id)) !== undefined) throw alreadyExists('member');
    return {
      writes: members.put(call.org, member),
      events: [
        {
          type: 'admin.member_invited',
          action: 'create-member',
          resource: { type: 'member', id },
          changes: auditedChanges(undefined, member),
        },
      ],
      // It decides who signs in as this id, so whoever makes it holds all that waits for the id.
      changes: await changesOfMember(model, snapshot, undefined, member, nowMs),
      result: undefined,
    };
  });
  return created(showMember(member), `/v1/orgs/${call.org}/members/${id}`, member.version);
};
