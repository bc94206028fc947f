// What a search asks of an event, and under which names the index lists an event so that the search need not read them all.
import { hash } from 'node:crypto';
import { type AuditEvent, type EventType, eventTypes } from './event.ts';
import { type IpRange, inRange, prefixesOf, prefixesOver } from './ip-range.ts';

export interface EventFilter {
  /** Exact types; absent: any. */
  readonly types?: readonly EventType[];
  readonly actor?: string;
  readonly resourceType?: string;
  readonly resource?: string;
  readonly workspace?: string;
  readonly outcome?: AuditEvent['outcome'];
  readonly ip?: IpRange;
  readonly requestId?: string;
  /** Inclusive. */
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  /** Words, all of which must occur. */
  readonly words?: readonly string[];
}

/** The partition that lists every event. */
export const everything = 'events';

/** `secret` and `secret.` mean every type of that family, `secret.up` every type that begins so. */
const isMeant = (text: string, type: EventType): boolean => type.startsWith(text.includes('.') ? text : `${text}.`);

/** @param texts types, or their beginnings; @returns the types meant, none for a text that fits none */
export const typesOf = (texts: readonly string[]): EventType[] => eventTypes.filter((type) => texts.some((text) => isMeant(text, type)));

/** Words as the search sees them: runs of letters, digits and marks, case folded. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

const addWords = (value: unknown, words: Set<string>): void => {
  if (typeof value === 'string' || typeof value === 'number') for (const word of wordsOf(String(value))) words.add(word);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) addWords(inner, words);
};

/** @returns every word of an event's values */
export const eventWords = (event: AuditEvent): Set<string> => {
  const words = new Set<string>();
  addWords(event, words);
  return words;
};

export const matches = (filter: EventFilter, event: AuditEvent): boolean => {
  const { types, actor, resourceType, resource, workspace, outcome, ip, requestId, fromMs, toMs, words } = filter;
  const timeMs = Date.parse(event.time);
  return (
    (types === undefined || types.includes(event.type)) &&
    (actor === undefined || event.actor.principal === actor) &&
    (resourceType === undefined || event.resource.type === resourceType) &&
    (resource === undefined || event.resource.id === resource) &&
    (workspace === undefined || event.workspace === workspace) &&
    (outcome === undefined || event.outcome === outcome) &&
    (requestId === undefined || event.requestId === requestId) &&
    (fromMs === undefined || timeMs >= fromMs) &&
    (toMs === undefined || timeMs < toMs) &&
    (ip === undefined || (event.source.ip !== undefined && inRange(ip, event.source.ip))) &&
    (words === undefined || hasWords(event, words))
  );
};

const hasWords = (event: AuditEvent, words: readonly string[]): boolean => {
  const own = eventWords(event);
  return words.every((word) => own.has(word));
};

/** Long and unusual values by their hash, so that every partition key stays short. */
const named = (kind: string, value: string): string =>
  `${kind}#${/^[A-Za-z0-9._:@/+-]{1,200}$/.test(value) ? value : `~${hash('sha256', value, 'hex')}`}`;

/** @returns the partitions that list the event, {@link everything} first */
export const partitionsOf = (event: AuditEvent): string[] => [
  everything,
  named('type', event.type),
  named('actor', event.actor.principal),
  named('resource-type', event.resource.type),
  named('resource', event.resource.id),
  named('request', event.requestId),
  ...(event.workspace === undefined ? [] : [named('workspace', event.workspace)]),
  // Most events succeed: a list of them would be the list of all.
  ...(event.outcome === 'success' ? [] : [named('outcome', event.outcome)]),
  ...(event.source.ip === undefined ? [] : prefixesOf(event.source.ip).map((prefix) => named('ip', prefix))),
];

/**
 * @param workspaces only these, where the caller does not read the whole organization
 * @returns sets of partitions: an event that matches is listed in one partition at least of each set
 */
export const sourcesOf = (filter: EventFilter, workspaces?: readonly string[]): string[][] => {
  const { types, actor, resourceType, resource, workspace, outcome, ip, requestId } = filter;
  const prefixes = ip && prefixesOver(ip);
  const sets = [
    ...(requestId === undefined ? [] : [[named('request', requestId)]]),
    ...(resource === undefined ? [] : [[named('resource', resource)]]),
    ...(actor === undefined ? [] : [[named('actor', actor)]]),
    ...(prefixes === undefined ? [] : [prefixes.map((prefix) => named('ip', prefix))]),
    ...(types === undefined || types.length === eventTypes.length ? [] : [types.map((type) => named('type', type))]),
    ...(outcome === undefined || outcome === 'success' ? [] : [[named('outcome', outcome)]]),
    ...(resourceType === undefined ? [] : [[named('resource-type', resourceType)]]),
    ...(workspace === undefined ? [] : [[named('workspace', workspace)]]),
    ...(workspaces === undefined || workspace !== undefined ? [] : [workspaces.map((each) => named('workspace', each))]),
  ];
  return sets.length === 0 ? [[everything]] : sets;
};
