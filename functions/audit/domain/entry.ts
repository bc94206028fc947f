// A log entry: canonical JSON of an event, persons encrypted under their own keys, free text under the workspace's; `docs/design/audit.md` has it to the byte.
import * as z from 'zod';
import { type AuditKey, exactToken, openField, sealField } from './audit-key.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { type AuditEvent, auditEvent } from './event.ts';
import { maxEntryBytes } from './merkle-hash.ts';

/** The keys that one event's entry is made with. */
export interface EntryKeys {
  /** The acting subject's, or the month's where the subject is not known. */
  readonly actor: AuditKey;
  /** The month's: the source address is no subject's alone. */
  readonly address: AuditKey;
  /** The subject's that the event is about; absent where it is about no person. */
  readonly target?: AuditKey;
  /** The workspace's, or the organization's. */
  readonly body: AuditKey;
}

/** Salt (16 bytes) and three nonces (12 bytes each). */
export const entryRandomBytes = 52;

/** An event that cannot become an entry, however often it is tried. */
export class EntryRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'EntryRefused';
  }
}

const personalResources = new Set(['member', 'user', 'session']);

/** @returns the principal whom the event is about, where that is a person */
export const targetOf = ({ resource }: Pick<AuditEvent, 'resource'>): string | undefined =>
  personalResources.has(resource.type) ? (resource.id.startsWith('user:') ? resource.id : `user:${resource.id}`) : undefined;

/** @returns `yyyy-mm`, which names the month's key */
export const monthOf = ({ time }: Pick<AuditEvent, 'time'>): string => time.slice(0, 7);

const bodyOf = ({ changes, reason, details, source, recordedBy }: AuditEvent): string | undefined => {
  const { client, userAgent } = source;
  const body = canonicalJson({ changes, client, details, reason, recordedBy, userAgent } as Json);
  return body === '{}' ? undefined : body;
};

/**
 * @param random {@link entryRandomBytes} fresh bytes
 * @param values SHA-256 of the objects that hold what the event was too small for
 * @throws {@link EntryRefused} when the entry would be larger than a bundle can hold
 */
export const encodeEntry = (event: AuditEvent, keys: EntryKeys, random: Uint8Array, values: readonly string[] = []): Buffer => {
  const { org, id } = event;
  const place = (field: string) => ({ org, eventId: id, field });
  const nonce = (index: number): Uint8Array => random.subarray(16 + 12 * index, 28 + 12 * index);
  const { principal, name, email, token, session } = event.actor;
  const { ip } = event.source;
  const { scope, type } = event.resource;
  const body = bodyOf(event);
  const entry: Json = {
    action: event.action,
    actor: {
      key: keys.actor.ref,
      sealed: sealField(keys.actor, place('actor'), nonce(0), canonicalJson({ email, ip, name, principal, session, token })),
      token: exactToken(keys.actor, org, 'actor', principal),
    },
    address: ip === undefined ? undefined : { key: keys.address.ref, token: exactToken(keys.address, org, 'ip', ip) },
    body: body === undefined ? undefined : { key: keys.body.ref, sealed: sealField(keys.body, place('body'), nonce(1), body) },
    id,
    org,
    outcome: event.outcome,
    requestId: event.requestId,
    resource:
      keys.target === undefined
        ? { id: event.resource.id, scope, type }
        : {
            key: keys.target.ref,
            scope,
            sealed: sealField(keys.target, place('resource'), nonce(2), canonicalJson({ id: event.resource.id })),
            token: exactToken(keys.target, org, 'resource', event.resource.id),
            type,
          },
    salt: Buffer.from(random.subarray(0, 16)).toString('base64url'),
    schemaVersion: event.schemaVersion,
    service: event.service,
    time: event.time,
    type: event.type,
    values: values.length === 0 ? undefined : values,
    workspace: event.workspace,
  };
  const bytes = Buffer.from(canonicalJson(entry));
  if (bytes.length > maxEntryBytes) throw new EntryRefused('the event is too large for an entry');
  return bytes;
};

const sealedPart = { key: z.string(), sealed: z.string() };

/** An entry as it stands in the log. */
const logEntry = z.strictObject({
  action: z.string(),
  actor: z.strictObject({ ...sealedPart, token: z.string() }),
  address: z.strictObject({ key: z.string(), token: z.string() }).optional(),
  body: z.strictObject(sealedPart).optional(),
  id: z.string(),
  org: z.string(),
  outcome: auditEvent.shape.outcome,
  requestId: z.string(),
  resource: z.union([
    z.strictObject({ id: z.string(), scope: z.string().optional(), type: z.string() }),
    z.strictObject({ ...sealedPart, scope: z.string().optional(), token: z.string(), type: z.string() }),
  ]),
  salt: z.string(),
  schemaVersion: z.literal(1),
  service: z.string(),
  time: z.string(),
  type: z.string(),
  values: z.array(z.string()).optional(),
  workspace: z.string().optional(),
});
export type LogEntry = z.infer<typeof logEntry>;

/** @throws EntryRefused unless the bytes are an entry in its one canonical form */
export const parseEntry = (bytes: Uint8Array): LogEntry => {
  try {
    const parsed = logEntry.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (Buffer.from(canonicalJson(parsed)).equals(bytes)) return parsed;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw cause;
  }
  throw new EntryRefused('not an entry in its canonical form');
};

/** What stands for a personal field whose key was destroyed. */
export const erased = '[erased]';

/**
 * @param keyOf the key of that reference, or undefined once it was destroyed
 * @returns the event as it was written; what only a destroyed key opens reads {@link erased}
 */
export const openEntry = async (entry: LogEntry, keyOf: (ref: string) => Promise<AuditKey | undefined>): Promise<AuditEvent> => {
  const open = async (field: string, part: { key: string; sealed: string } | undefined): Promise<Record<string, unknown> | undefined> => {
    const key = part && (await keyOf(part.key));
    return part && key ? JSON.parse(openField(key, { org: entry.org, eventId: entry.id, field }, part.sealed)) : undefined;
  };
  const { ip, ...actor } = (await open('actor', entry.actor)) ?? { principal: erased };
  const { userAgent, client, ...body } = (await open('body', entry.body)) ?? {};
  const { resource } = entry;
  const target = 'sealed' in resource ? ((await open('resource', resource)) ?? { id: erased }) : { id: resource.id };
  return auditEvent.parse({
    id: entry.id,
    time: entry.time,
    org: entry.org,
    workspace: entry.workspace,
    type: entry.type,
    action: entry.action,
    actor,
    resource: { type: resource.type, scope: resource.scope, ...target },
    outcome: entry.outcome,
    ...body,
    source: { ip, userAgent, client },
    requestId: entry.requestId,
    service: entry.service,
    schemaVersion: entry.schemaVersion,
  });
};
