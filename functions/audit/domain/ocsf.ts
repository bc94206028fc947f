// Events as OCSF 1.8 has them: API Activity 6003, Authentication 3002, Entity Management 3004, Account Change 3001, Detection Finding 2004.
// https://schema.ocsf.io/1.8.0
import type { Json } from './canonical-json.ts';
import type { EventType, StoredEvent } from './event.ts';

type ClassName = 'api' | 'authentication' | 'entity' | 'account' | 'finding';

const classes: Readonly<Record<ClassName, { uid: number; name: string; category: number; categoryName: string }>> = {
  api: { uid: 6003, name: 'API Activity', category: 6, categoryName: 'Application Activity' },
  authentication: { uid: 3002, name: 'Authentication', category: 3, categoryName: 'Identity & Access Management' },
  entity: { uid: 3004, name: 'Entity Management', category: 3, categoryName: 'Identity & Access Management' },
  account: { uid: 3001, name: 'Account Change', category: 3, categoryName: 'Identity & Access Management' },
  finding: { uid: 2004, name: 'Detection Finding', category: 2, categoryName: 'Findings' },
};

interface Activity {
  readonly id: number;
  readonly name: string;
}

const create: Activity = { id: 1, name: 'Create' };
const read: Activity = { id: 2, name: 'Read' };
const update: Activity = { id: 3, name: 'Update' };
const remove: Activity = { id: 4, name: 'Delete' };
const logon: Activity = { id: 1, name: 'Logon' };
const logoff: Activity = { id: 2, name: 'Logoff' };
const other = (event: StoredEvent): Activity => ({ id: 99, name: event.action });

type Mapping = readonly [ClassName, Activity];

const isRemoval = ({ action }: StoredEvent): boolean => /^(delete|remove|revoke|detach|destroy|shred)/.test(action);
const isCreation = ({ action }: StoredEvent): boolean => /^(create|add|invite|attach)/.test(action);

const edited = (event: StoredEvent): Activity => (isRemoval(event) ? remove : isCreation(event) ? create : update);
const accountDeleted: Activity = { id: 6, name: 'Delete' };

/** Roles themselves are entities; giving and taking them changes an account. */
const roleChange = (event: StoredEvent): Mapping => {
  if (event.resource.type !== 'assignment') return ['entity', edited(event)];
  return ['account', isRemoval(event) ? { id: 8, name: 'Detach Policy' } : { id: 7, name: 'Attach Policy' }];
};

const settingsChange = (event: StoredEvent): Mapping => {
  if (event.resource.type !== 'member') return ['entity', edited(event)];
  return ['account', other(event)];
};

const mappings: Readonly<Record<EventType, (event: StoredEvent) => Mapping>> = {
  'auth.login': () => ['authentication', logon],
  'auth.logout': () => ['authentication', logoff],
  'auth.failed_login': () => ['authentication', logon],
  'auth.break_glass_used': () => ['authentication', logon],
  'auth.session_revoked': () => ['authentication', logoff],
  'auth.token_created': () => ['entity', create],
  'auth.token_revoked': () => ['entity', remove],
  'auth.sso_configured': (event) => ['entity', edited(event)],
  'auth.user_provisioned': (event) => ['account', isRemoval(event) ? accountDeleted : create],
  'resource.created': () => ['entity', create],
  'resource.updated': () => ['entity', update],
  'resource.deleted': () => ['entity', remove],
  'resource.committed': () => ['entity', update],
  'deploy.release_created': () => ['entity', create],
  'deploy.release_deployed': () => ['entity', { id: 10, name: 'Activate' }],
  'deploy.release_rolled_back': () => ['entity', { id: 11, name: 'Deactivate' }],
  'deploy.environment_updated': () => ['entity', update],
  'secret.created': () => ['entity', create],
  'secret.updated': () => ['entity', update],
  'secret.deleted': () => ['entity', remove],
  'secret.accessed': () => ['api', read],
  'admin.member_invited': () => ['account', create],
  'admin.member_removed': () => ['account', accountDeleted],
  'admin.role_changed': roleChange,
  'admin.policy_updated': (event) => ['entity', edited(event)],
  'admin.settings_changed': settingsChange,
  'admin.billing_action': (event) => ['api', other(event)],
  'protection.triggered': () => ['finding', create],
  'authz.denied': (event) => ['api', other(event)],
  'audit.searched': () => ['api', read],
  'audit.exported': () => ['api', read],
  'audit.hold_changed': () => ['api', update],
  'audit.erased': () => ['api', remove],
};

/** Failures, denials and what weakens the guard are worth a look. */
const severityOf = ({ type, outcome }: StoredEvent): { id: number; name: string } => {
  if (type === 'auth.break_glass_used') return { id: 4, name: 'High' };
  if (type === 'protection.triggered') return { id: 3, name: 'Medium' };
  return outcome === 'success' ? { id: 1, name: 'Informational' } : { id: 2, name: 'Low' };
};

const userOf = (principal: string, { name, email }: { name?: string | undefined; email?: string | undefined } = {}): Json => ({
  uid: principal,
  ...(name === undefined ? {} : { name }),
  // The address is a person's own text: what is no address would not be valid.
  ...(email !== undefined && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? { email_addr: email } : {}),
});

const resourceOf = ({ resource, workspace }: StoredEvent): { readonly [name: string]: Json } => ({
  uid: resource.id,
  type: resource.type,
  ...(workspace === undefined ? {} : { namespace: workspace }),
});

const api = (event: StoredEvent): Json => ({
  operation: event.action,
  request: { uid: event.requestId },
  service: { name: event.service },
});

/** What only one class has. */
const own: Readonly<Record<ClassName, (event: StoredEvent) => { readonly [name: string]: Json }>> = {
  api: (event) => ({ api: api(event), resources: [resourceOf(event)] }),
  authentication: (event) => ({ api: api(event), user: userOf(event.actor.principal, event.actor), service: { name: event.service } }),
  entity: (event) => ({ api: api(event), entity: { uid: event.resource.id, type: event.resource.type } }),
  account: (event) => ({ api: api(event), user: userOf(subjectOf(event)) }),
  finding: (event) => ({
    api: api(event),
    finding_info: { uid: event.id, title: `${event.details?.type ?? event.action}: ${event.details?.category ?? ''}` },
    resources: [resourceOf(event)],
    is_alert: event.outcome !== 'success',
  }),
};

/** Whom an account change is about: the principal that a change names, else the resource. */
const subjectOf = ({ changes, resource }: StoredEvent): string => {
  const change = changes?.find(({ path }) => path === '/principal');
  const named = change?.after ?? change?.before;
  return typeof named === 'string' ? named : resource.id;
};

const sourceOf = ({ source }: StoredEvent): Json => ({ ...(source.ip === undefined ? { name: 'unknown' } : { ip: source.ip }) });

/** @returns one event as OCSF has it; what OCSF has no place for is under `unmapped` */
export const asOcsf = (event: StoredEvent): { readonly [name: string]: Json | undefined } => {
  const [className, activity] = mappings[event.type](event);
  const { uid, name, category, categoryName } = classes[className];
  const severity = severityOf(event);
  const succeeded = event.outcome === 'success';
  const { userAgent, client } = event.source;
  return {
    class_uid: uid,
    class_name: name,
    category_uid: category,
    category_name: categoryName,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
    type_name: `${name}: ${activity.id === 99 ? 'Other' : activity.name}`,
    time: Date.parse(event.time),
    severity_id: severity.id,
    severity: severity.name,
    // A finding's status is of its handling; the others' of the act.
    ...(className === 'finding'
      ? { status_id: 1, status: 'New' }
      : { status_id: succeeded ? 1 : 2, status: succeeded ? 'Success' : 'Failure' }),
    ...(event.reason === undefined ? {} : { status_detail: event.reason }),
    message: `${event.type} ${event.action} ${event.outcome}`,
    metadata: {
      version: '1.8.0',
      uid: event.id,
      event_code: event.type,
      log_name: 'audit',
      sequence: event.leafIndex,
      tenant_uid: event.org,
      product: { name: 'security-plane', vendor_name: 'security-plane', feature: { name: event.service } },
    },
    actor: {
      user: userOf(event.actor.principal, event.actor),
      ...(event.actor.session === undefined ? {} : { session: { uid: event.actor.session } }),
    },
    ...(className === 'finding' ? {} : { src_endpoint: sourceOf(event) }),
    ...(userAgent === undefined || className === 'finding' ? {} : { http_request: { user_agent: userAgent } }),
    ...own[className](event),
    unmapped: {
      outcome: event.outcome,
      resource: event.resource as Json,
      ...(event.workspace === undefined ? {} : { workspace: event.workspace }),
      ...(event.actor.token === undefined ? {} : { token: event.actor.token }),
      ...(event.changes === undefined ? {} : { changes: event.changes as Json }),
      ...(event.details === undefined ? {} : { details: event.details as Json }),
      ...(event.recordedBy === undefined ? {} : { recordedBy: event.recordedBy as Json }),
      ...(client === undefined ? {} : { client }),
      ...(className === 'finding' && event.source.ip !== undefined ? { ip: event.source.ip } : {}),
      ...(className === 'finding' && userAgent !== undefined ? { userAgent } : {}),
    },
  };
};
