// The filter of a request, as the index takes it.
import { type EventFilter, typesOf, wordsOf } from '../domain/event-filter.ts';
import { parseIpRange } from '../domain/ip-range.ts';
import type { FilterWords } from '../schemas.ts';

export const eventFilterOf = ({ type, ip, from, to, q, ...plain }: FilterWords): EventFilter => {
  const range = ip === undefined ? undefined : parseIpRange(ip);
  const { actor, resourceType, resource, workspace, outcome, requestId } = plain;
  return {
    ...(type === undefined ? {} : { types: typesOf([type].flat()) }),
    ...(actor === undefined ? {} : { actor }),
    ...(resourceType === undefined ? {} : { resourceType }),
    ...(resource === undefined ? {} : { resource }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(range === undefined ? {} : { ip: range }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
    ...(to === undefined ? {} : { toMs: Date.parse(to) }),
    ...(q === undefined ? {} : { words: wordsOf(q) }),
  };
};
