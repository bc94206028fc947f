// Audit events as callers see them, and the closed list of their types.
import * as z from 'zod';
import { orgId, workspaceId } from '../shared/kernel/ids.ts';

export const eventTypes = [
  'auth.login', 'auth.logout', 'auth.failed_login', 'auth.token_created', 'auth.token_revoked', 'auth.sso_configured',
  'auth.break_glass_used', 'auth.session_revoked', 'auth.user_provisioned',
  'resource.created', 'resource.updated', 'resource.deleted', 'resource.committed',
  'deploy.release_created', 'deploy.release_deployed', 'deploy.release_rolled_back', 'deploy.environment_updated',
  'secret.created', 'secret.updated', 'secret.deleted', 'secret.accessed',
  'admin.member_invited', 'admin.member_removed', 'admin.role_changed', 'admin.policy_updated', 'admin.settings_changed', 'admin.billing_action',
  'protection.triggered',
  'authz.denied',
  'audit.searched', 'audit.exported', 'audit.hold_changed', 'audit.erased',
] as const;

export const eventType = z.enum(eventTypes);
export type EventType = z.infer<typeof eventType>;

export const outcome = z.enum(['success', 'denied', 'failure']);

const json = z.json();

export const change = z.object({ path: z.string(), before: json.optional(), after: json.optional() });
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
  schemaVersion: z.literal(1),
});
export type AuditEvent = z.infer<typeof auditEvent>;

/** An event that has its place in the organization's log. */
export const storedEvent = auditEvent.extend({ leafIndex: z.int().min(0) });
export type StoredEvent = z.infer<typeof storedEvent>;
