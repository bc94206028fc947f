// Which fields an event of each type may hold: what is not named here is left out of the record, and what tells of a person or a secret keeps its path only.
import type { AuditEvent, Change, EventType } from './event.ts';

export interface Recordable {
  /** First segments of the paths of `changes`. */
  readonly changes: readonly string[];
  readonly details: readonly string[];
}

/** @param text names with white space between them */
const names = (text: string): readonly string[] => text.split(/\s+/);

const secret: Recordable = {
  changes: names(`disabled status description tags expiresAt hosts version location decoy`),
  details: names(`name version environment destroyed promoted from deletedUntil purgeAt recoverableUntil import line location detectable
    count`),
};
const access: Recordable = {
  changes: names(`name description permissions principal role scope expiresAt groups status source attributes email rules`),
  details: names(`assignments tokens policies cascade cause count reason connection`),
};
const policy: Recordable = {
  changes: names(`name description effect resources scopes actions conditions unless roles enabled mode workspaces optional denyLists pii
    content injection secrets entryCount policies input output domain overrides draft shadow policy allow endpoint owner
    expiresAt reason version verdict note`),
  details: names(`version from to restored entriesReplaced added removed entries count shadow draft policy pipeline step endpoint
    workspace exception activation verdict import refused cascade direction textLength`),
};
const settings: Recordable = {
  changes: names(`names environment app namespace name description status groups email attributes required breakGlass policies input
    output domain overrides environments mode years days hold witnesses webhook keyId scimToken expiresAt enabled kind
    domains epoch`),
  details: names(`author environment version pipeline step endpoint key keyId job count epoch irrecoverableFrom phase intent workspace
    connection domain until total done confirmation armedAt second cause`),
};
const signIn: Recordable = {
  changes: names(`name role scope expiresAt status`),
  details: names(`method connection mfa cause count route domain session token reason until groups steps sessions scim`),
};
const sso: Recordable = {
  changes: names(`name kind status domains attributeMapping groupRoles required breakGlass metadataUrl metadataXml saml oidc issuer scopes
    signRequests encryptAssertions externalId enforcement clientId scimTokens expiresAt mfa`),
  details: names(`connection domain passed steps token expiresAt armedAt phase enforce cause count version`),
};
/** Fields of the platform's own things; the services that own them name them. */
const thing: Recordable = {
  changes: ['*'],
  details: names(`name version environment environments pipeline step endpoint app namespace commit branch release fromRelease message
    tags size count expiresAt shred amount currency plan invoice period cause job durationMs status`),
};
const log: Recordable = {
  changes: names(`hold mode days years`),
  details: names(`filter format job events file sha256 subject reason phase purged path key from to interval count`),
};

const families: Readonly<Record<string, Recordable>> = { secret, resource: thing, deploy: thing, audit: log, auth: signIn };

const single: Partial<Readonly<Record<EventType, Recordable>>> = {
  'secret.accessed': {
    changes: [],
    details: names(`pipeline environment execution caller step author names name version versions missing refused cause app namespace
    template locations secrets code decoy hosts count location match`),
  },
  'auth.sso_configured': sso,
  'auth.user_provisioned': { changes: access.changes, details: signIn.details },
  'admin.member_invited': access,
  'admin.member_removed': access,
  'admin.role_changed': access,
  'admin.policy_updated': policy,
  'admin.settings_changed': settings,
  'admin.billing_action': thing,
  'protection.triggered': {
    changes: [],
    details: names(`policy version type category token action wouldBe direction pipeline step endpoint count score list secret sample length
    message path shadow monitor exception workspace location environment cause decoy`),
  },
  'authz.denied': { changes: [], details: ['route', 'inputs', 'principal', 'permission', 'matched', 'count', 'version'] },
};

export const recordableOf = (type: EventType): Recordable =>
  single[type] ?? families[type.slice(0, type.indexOf('.'))] ?? { changes: [], details: [] };

/** Names of fields whose values tell of a person, or are a secret: only that they changed is kept. */
const masked =
  /^(email|e-?mails?|phone.*|address|birth.*|ssn|pass(word|phrase)?|.*secret|.*token|.*credentials?|private.?key|api.?key|authorization|cookie)$/i;

const segmentsOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const isMasked = (path: string): boolean => segmentsOf(path).some((segment) => masked.test(segment));

/** Leaves out what a masked member of a value holds. */
const withoutMasked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMasked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      masked.test(name) && typeof inner === 'string' ? '[masked]' : withoutMasked(inner),
    ]),
  );
};

const keptChange = ({ path, before, after }: Change): Change => {
  if (isMasked(path)) return { path };
  return {
    path,
    ...(before === undefined ? {} : { before: withoutMasked(before) as Change['before'] }),
    ...(after === undefined ? {} : { after: withoutMasked(after) as Change['after'] }),
  };
};

/** @returns the event with nothing in `changes` and `details` but what its type may hold; `details.omitted` counts what was left out */
export const onlyRecordable = <E extends Pick<AuditEvent, 'type' | 'changes' | 'details'>>(event: E): E => {
  if (event.changes === undefined && event.details === undefined) return event;
  const allowed = recordableOf(event.type);
  const mayChange = ({ path }: Change): boolean =>
    allowed.changes[0] === '*' || path === '' || allowed.changes.includes(segmentsOf(path)[0] ?? '');
  const changes = event.changes?.filter(mayChange).map(keptChange);
  const details = event.details && Object.entries(event.details).filter(([name]) => allowed.details.includes(name));
  const omitted = (event.changes?.length ?? 0) - (changes?.length ?? 0) + Object.keys(event.details ?? {}).length - (details?.length ?? 0);
  const kept = { ...Object.fromEntries(details ?? []), ...(omitted === 0 ? {} : { omitted }) };
  const { changes: _, details: __, ...rest } = event;
  return {
    ...rest,
    ...(changes === undefined ? {} : { changes }),
    ...(event.details === undefined && omitted === 0 ? {} : { details: kept }),
  } as E;
};
