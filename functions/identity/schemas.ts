// Wire shapes of the identity service: members.
import * as z from 'zod';
import { listQuery } from '../shared/http/list.ts';
import { identifier } from '../shared/kernel/ids.ts';

const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'this text holds control characters or line breaks');

const email = z.email().max(254);
const name = line(200).min(1);
const status = z.enum(['active', 'suspended', 'invited']);
const groups = z
  .array(identifier)
  .max(200)
  .refine((given) => new Set(given).size === given.length, 'a group stands here twice');
const attributes = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'an attribute name begins with a letter'), line(200).min(1))
  .refine((given) => Object.keys(given).length <= 20, 'at most 20 attributes');

export const memberBody = z.strictObject({
  id: identifier.optional(),
  email,
  name,
  status: status.default('invited'),
  groups: groups.default([]),
  attributes: attributes.optional(),
});
export const memberPatch = z.strictObject({
  email: email.optional(),
  name: name.optional(),
  status: z.enum(['active', 'suspended']).optional(),
  groups: groups.optional(),
  attributes: attributes.optional(),
});

export const member = z.object({
  id: identifier,
  email: z.string(),
  name: z.string(),
  status,
  groups: z.array(identifier),
  source: z.enum(['sso', 'scim', 'invite']),
  attributes: z.record(z.string(), z.string()).optional(),
  lastLoginAt: z.iso.datetime().optional(),
  version: z.int(),
});
export type MemberItem = z.infer<typeof member>;

export const memberQuery = listQuery;
