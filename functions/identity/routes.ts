// The routes of the identity service: members.
import * as z from 'zod';
import { pageOf } from '../shared/http/list.ts';
import { type Asked, type Located, type Route, routeFor } from '../shared/http/route.ts';
import { ok } from '../shared/kernel/call.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { everywhere } from '../shared/kernel/scope.ts';
import type { Member } from './ports.ts';
import * as shapes from './schemas.ts';
import { createMember } from './use-cases/create-member.ts';
import type { IdentityDependencies } from './use-cases/identity-dependencies.ts';
import { listMembers } from './use-cases/list-members.ts';
import { showMember } from './use-cases/members.ts';
import { removeMember } from './use-cases/remove-member.ts';
import { updateMember } from './use-cases/update-member.ts';

const route = routeFor<IdentityDependencies>();
const path = '/v1/orgs/{org}/members';
const params = z.object({ user: identifier });
const readOnly = ['source', 'lastLoginAt', 'version'];

const iam = (action: 'read' | 'write') => ({ resource: 'iam', action, scope: '*' }) as const;

const onMember = (action: 'read' | 'write') => ({
  ...iam(action),
  at: async ({ members }: IdentityDependencies, asked: Asked<{ user: string }, object, unknown>): Promise<Located<Member> | undefined> => {
    const member = await members.lookUp(asked.org, asked.params.user);
    return typeof member === 'object' ? { scope: everywhere, item: member } : undefined;
  },
});

export const routes: readonly Route<IdentityDependencies>[] = [
  route({
    method: 'GET',
    path,
    summary: 'List members',
    permission: iam('read'),
    query: shapes.memberQuery,
    answers: { 200: pageOf(shapes.member) },
    event: { none: 'it changes nothing' },
    run: listMembers,
  }),
  route({
    method: 'POST',
    path,
    summary: 'Invite a member',
    permission: iam('write'),
    body: shapes.memberBody,
    readOnly,
    answers: { 201: shapes.member },
    event: { type: 'admin.member_invited' },
    run: createMember,
  }),
  route({
    method: 'GET',
    path: `${path}/{user}`,
    summary: 'Read a member',
    permission: onMember('read'),
    params,
    answers: { 200: shapes.member },
    event: { none: 'it changes nothing' },
    run: async (_, { located }) => ok(showMember(located), located.version),
  }),
  route({
    method: 'PATCH',
    path: `${path}/{user}`,
    summary: 'Change, suspend or reinstate a member',
    permission: onMember('write'),
    params,
    body: shapes.memberPatch,
    readOnly: ['id', ...readOnly],
    answers: { 200: shapes.member },
    event: { type: 'admin.settings_changed' },
    run: updateMember,
  }),
  route({
    method: 'DELETE',
    path: `${path}/{user}`,
    summary: 'Remove a member for good',
    permission: onMember('write'),
    params,
    answers: { 204: null },
    event: { type: 'admin.member_removed' },
    run: removeMember,
  }),
];
