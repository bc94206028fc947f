// Wire shapes of access control: workspaces, roles, policies, assignments, API tokens, checks.
import * as z from 'zod';
import { listQuery } from '../shared/http/list.ts';
import { environment, identifier, workspaceId } from '../shared/kernel/ids.ts';
import { catalogue, hasAction, permissionText, type Resource } from '../shared/kernel/permission.ts';
import { principal } from '../shared/kernel/principal.ts';
import { scope } from '../shared/kernel/scope.ts';
import { parseIp, parseRange } from './domain/ip-range.ts';
import { weekdays } from './domain/model.ts';
import { isZone } from './domain/time-window.ts';

/** Printable, on one line: names stand in lists and logs. */
const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'this text holds control characters or line breaks');
const name = line(100).min(1);
const description = line(1_000);
const version = z.int();
const timestamp = z.iso.datetime({ offset: true, message: 'a time is RFC 3339, for example `2026-01-31T12:00:00.000Z`' });

const unique = <T>(values: readonly T[]): boolean => new Set(values).size === values.length;
const set = <T extends z.ZodType>(of: T, min: number, max: number) =>
  z.array(of).min(min).max(max).refine(unique, 'a value stands here twice');

const cidr = z
  .string()
  .max(50)
  .refine((text) => parseRange(text) !== undefined, 'a range is a CIDR such as `10.0.0.0/8` or `2001:db8::/32`');
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is `HH:MM`');
const attributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'an attribute name begins with a letter');
const attributeValue = line(200).min(1);

const timeWindow = z
  .strictObject({
    zone: z.string().max(60).refine(isZone, 'this is no IANA time zone'),
    days: set(z.enum(weekdays), 1, 7).optional(),
    from: clockTime.optional(),
    to: z.union([clockTime, z.literal('24:00')]).optional(),
  })
  .refine(({ days, from, to }) => days !== undefined || from !== undefined || to !== undefined, 'a window names days or times')
  .refine(({ from, to }) => (from ?? '00:00') !== (to ?? '24:00'), { path: ['to'], message: 'a window does not end when it begins' });

const conditions = z.strictObject({
  ip: set(cidr, 1, 100).optional(),
  time: timeWindow.optional(),
  environment: set(environment, 1, 3).optional(),
  mfa: z.literal(true).optional(),
  attributes: z
    .record(attributeName, set(attributeValue, 1, 100))
    .refine((given) => Object.keys(given).length <= 20, 'at most 20 attributes')
    .optional(),
});

const isEmpty = (given: z.infer<typeof conditions>): boolean =>
  Object.values(given).every((value) => value === undefined || (typeof value === 'object' && Object.keys(value).length === 0));
const unless = conditions.refine((given) => !isEmpty(given), '`unless` names at least one condition');

export const workspaceBody = z.strictObject({
  id: workspaceId,
  name: name.optional(),
  environments: set(environment, 1, 3).optional(),
});
export const workspacePatch = z.strictObject({ name: name.optional(), environments: set(environment, 1, 3).optional() });
export const workspace = z.object({ id: workspaceId, name, environments: z.array(environment), version });
export type Workspace = z.infer<typeof workspace>;

const roleFields = { name: name.optional(), description: description.default(''), permissions: set(permissionText, 0, 500) };
export const roleBody = z.strictObject({ id: identifier.optional(), ...roleFields });
export const rolePut = z.strictObject(roleFields);
export const role = z.object({ id: identifier, name, description, permissions: z.array(z.string()), builtIn: z.boolean(), version });
export type RoleItem = z.infer<typeof role>;

const resourceOrAll = z.union([z.literal('*'), z.enum(Object.keys(catalogue) as [Resource, ...Resource[]])]);
const actions = [...new Set(Object.values(catalogue).flat())];
const actionOrAll = z.union([z.literal('*'), z.enum(actions as [(typeof actions)[number], ...(typeof actions)[number][]])]);

const policyFields = z.strictObject({
  name: name.optional(),
  description: description.default(''),
  effect: z.enum(['allow', 'deny']),
  resources: set(resourceOrAll, 1, 13),
  scopes: set(scope, 1, 50),
  actions: set(actionOrAll, 1, 10),
  conditions: conditions.optional(),
  unless: unless.optional(),
  roles: set(identifier, 0, 100).default([]),
});

/** Permissions that one policy may stand for. */
const maxExpansion = 1_000;
/** Bytes of one policy as JSON: its row, its audit record with both values, and a page of policies stay within their limits. */
const maxPolicyBytes = 100_000;

type Expanding = Record<'resources' | 'scopes' | 'actions', { readonly length: number }>;

/** @returns how many permissions a policy stands for */
export const expansionOf = ({ resources, scopes, actions }: Expanding): number => resources.length * scopes.length * actions.length;

const checkPolicy = (given: z.infer<typeof policyFields>, context: z.RefinementCtx): void => {
  if (given.unless !== undefined && given.effect !== 'deny') {
    context.addIssue({ code: 'custom', path: ['unless'], message: 'only a deny takes `unless`' });
  }
  if (expansionOf(given) > maxExpansion) {
    const message = `a policy stands for at most ${maxExpansion} permissions: resources times scopes times actions`;
    context.addIssue({ code: 'custom', path: ['scopes'], message });
  }
  if (Buffer.byteLength(JSON.stringify(given)) > maxPolicyBytes) {
    context.addIssue({ code: 'custom', path: [], message: `a policy has at most ${maxPolicyBytes} bytes as JSON` });
  }
  for (const [index, action] of given.actions.entries()) {
    for (const resource of given.resources) {
      if (hasAction(resource, action)) continue;
      context.addIssue({ code: 'custom', path: ['actions', index], message: `\`${resource}\` has no action \`${action}\`` });
    }
  }
};
export const policyPut = policyFields.superRefine(checkPolicy);
export const policyBody = policyFields.extend({ id: identifier.optional() }).superRefine(checkPolicy);
export const policy = z.object({ id: identifier, ...policyFields.shape, name, description, version });
export type PolicyItem = z.infer<typeof policy>;

export const assignmentBody = z.strictObject({
  id: identifier.optional(),
  principal,
  role: identifier,
  scope,
  expiresAt: timestamp.optional(),
});
export const assignment = z.object({
  id: identifier,
  principal: z.string(),
  role: identifier,
  scope: z.string(),
  expiresAt: timestamp.optional(),
  version,
});
export const assignmentQuery = listQuery.extend({ principal: principal.optional(), role: identifier.optional(), scope: scope.optional() });

export const tokenBody = z.strictObject({ name, role: identifier, scope, expiresAt: timestamp });
export const token = z.object({
  id: identifier,
  name,
  role: identifier,
  scope: z.string(),
  expiresAt: timestamp,
  lastUsedAt: timestamp.optional(),
  createdAt: timestamp,
  createdBy: z.string(),
  version,
});
export const createdToken = token.extend({ token: z.string() });

const checkContext = z.strictObject({
  ip: z
    .string()
    .refine((text) => parseIp(text) !== undefined, 'this is no IP address')
    .optional(),
  time: timestamp.optional(),
  environment: environment.optional(),
  mfa: z.boolean().optional(),
  attributes: z.record(attributeName, attributeValue).optional(),
});
export type CheckContext = z.infer<typeof checkContext>;

export const check = z.strictObject({ principal: principal.optional(), permission: permissionText, context: checkContext.optional() });
export type Check = z.infer<typeof check>;
export const checkBatch = z.strictObject({ checks: z.array(check).min(1).max(1_000) });

const match = z.object({ role: z.string(), policy: z.string().optional(), permission: z.string(), assignment: z.string() });
export const decision = z.object({ allowed: z.boolean(), reason: z.string(), matched: z.array(match) });

export const effectiveQuery = z.strictObject({ principal: principal.optional() });
const effectiveGrant = match.extend({
  effect: z.enum(['allow', 'deny']),
  /** Where the permission's scope and the assignment's meet. */
  scope: z.string(),
  expiresAt: timestamp.optional(),
  conditions: conditions.optional(),
  unless: conditions.optional(),
});
export const effective = z.object({
  principal: z.string(),
  /** Why nothing counts: suspended, removed, ended. */
  inactive: z.string().optional(),
  /** Whoever created the token; it is allowed only what they are. */
  boundedBy: z.string().optional(),
  grants: z.array(effectiveGrant),
  /** Set where there are more grants than an answer holds. */
  truncated: z.literal(true).optional(),
});

export const whoCanQuery = listQuery.extend({ permission: permissionText });
export const allowedPrincipal = z.object({ principal: z.string(), reason: z.string(), matched: z.array(match) });

export const permissionCatalogue = z.object({
  resources: z.array(z.object({ resource: z.string(), actions: z.array(z.string()) })),
  implications: z.array(z.object({ action: z.string(), implies: z.array(z.string()) })),
});

/** The model of `npm run check`: the shapes above, with what a file need not say left out. */
export const checkModel = z.strictObject({
  roles: z
    .array(z.strictObject({ id: identifier, ...roleFields, builtIn: z.literal(false).optional(), version: version.optional() }))
    .default([]),
  policies: z.array(policyFields.extend({ id: identifier, version: version.optional() }).superRefine(checkPolicy)).default([]),
  assignments: z.array(assignmentBody.extend({ version: version.optional() })).default([]),
  groups: z.record(identifier, z.array(principal.refine((of) => !of.startsWith('group:'), 'groups do not nest'))).default({}),
});
export const checkLine = z.strictObject({ principal, permission: permissionText, context: checkContext.optional() });
export const checkTests = z.array(checkLine.extend({ name: z.string(), allowed: z.boolean(), reason: z.string().optional() }));
