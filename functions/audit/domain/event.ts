// An audit event, and the closed list of types.
import * as z from 'zod';
import { identifier, orgId, workspaceId } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';
import { scope } from '../../shared/kernel/scope.ts';

export const eventTypes = [
  'auth.login',
  'auth.logout',
  'auth.failed_login',
  'auth.token_created',
  'auth.token_revoked',
  'auth.sso_configured',
  'auth.break_glass_used',
  'auth.session_revoked',
  'auth.user_provisioned',
  'resource.created',
  'resource.updated',
  'resource.deleted',
  'resource.committed',
  'deploy.release_created',
  'deploy.release_deployed',
  'deploy.release_rolled_back',
  'deploy.environment_updated',
  'secret.created',
  'secret.updated',
  'secret.deleted',
  'secret.accessed',
  'admin.member_invited',
  'admin.member_removed',
  'admin.role_changed',
  'admin.policy_updated',
  'admin.settings_changed',
  'admin.billing_action',
  'protection.triggered',
  'authz.denied',
  'audit.searched',
  'audit.exported',
  'audit.hold_changed',
  'audit.erased',
] as const;

const eventType = z.enum(eventTypes);
export type EventType = z.infer<typeof eventType>;

export const outcome = z.enum(['success', 'denied', 'failure']);

const json = z.json();

const change = z.object({ path: z.string(), before: json.optional(), after: json.optional() });
export type Change = z.infer<typeof change>;

export const auditEvent = z.object({
  id: z.uuid(),
  time: z.iso.datetime(),
  org: orgId,
  workspace: workspaceId.optional(),
  type: eventType,
  /** The verb in one word or two, for example `create-role`. */
  action: z.string(),
  actor: z.object({
    principal: z.string(),
    name: z.string().optional(),
    email: z.string().optional(),
    /** The API token that was used. */
    token: z.string().optional(),
    session: z.string().optional(),
  }),
  resource: z.object({ type: z.string(), id: z.string(), scope: z.string().optional() }),
  outcome,
  reason: z.string().optional(),
  changes: z.array(change).optional(),
  source: z.object({ ip: z.string().optional(), userAgent: z.string().optional(), client: z.string().optional() }),
  details: z.record(z.string(), json).optional(),
  requestId: z.string(),
  service: z.string(),
  /** Who sent the event, under which id of its own, where it was not this system that saw it happen. */
  recordedBy: z.object({ principal: z.string(), id: z.string(), receivedAt: z.iso.datetime() }).optional(),
  schemaVersion: z.literal(1),
});
export type AuditEvent = z.infer<typeof auditEvent>;

/** An event that has its place in the organization's log. */
export const storedEvent = auditEvent.extend({ leafIndex: z.int().min(0) });
export type StoredEvent = z.infer<typeof storedEvent>;

/** Types that other services may record. */
const foreignTypes = eventTypes.filter((type) => /^(resource|deploy)\.|^admin\.billing_action$/.test(type));

/** An event of another service of the platform, as it sends it. */
export const foreignEvent = z.strictObject({
  id: z.uuidv7(),
  time: z.iso.datetime(),
  workspace: workspaceId.optional(),
  type: z.enum(foreignTypes as [EventType, ...EventType[]]),
  action: z.string().min(1).max(100),
  actor: z.strictObject({ principal, name: z.string().max(200).optional(), email: z.string().max(320).optional() }),
  resource: z.strictObject({ type: identifier, id: z.string().min(1).max(200), scope: scope.optional() }),
  outcome,
  reason: z.string().max(1_000).optional(),
  changes: z
    .array(z.strictObject({ path: z.string().max(300), before: json.optional(), after: json.optional() }))
    .max(200)
    .optional(),
  source: z
    .strictObject({ ip: z.string().max(45).optional(), userAgent: z.string().max(256).optional(), client: z.string().max(100).optional() })
    .default({}),
  details: z.record(z.string().max(100), json).optional(),
  requestId: z.string().min(1).max(100),
  service: identifier,
});
export type ForeignEvent = z.infer<typeof foreignEvent>;
