// Events as CSV (RFC 4180), with cells that no spreadsheet takes for a formula.
import { canonicalJson, type Json } from './canonical-json.ts';
import type { StoredEvent } from './event.ts';

const columns: readonly (readonly [string, (event: StoredEvent) => Json | undefined])[] = [
  ['leafIndex', ({ leafIndex }) => leafIndex],
  ['id', ({ id }) => id],
  ['time', ({ time }) => time],
  ['org', ({ org }) => org],
  ['workspace', ({ workspace }) => workspace],
  ['type', ({ type }) => type],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['principal', ({ actor }) => actor.principal],
  ['name', ({ actor }) => actor.name],
  ['email', ({ actor }) => actor.email],
  ['token', ({ actor }) => actor.token],
  ['session', ({ actor }) => actor.session],
  ['resourceType', ({ resource }) => resource.type],
  ['resourceId', ({ resource }) => resource.id],
  ['resourceScope', ({ resource }) => resource.scope],
  ['reason', ({ reason }) => reason],
  ['ip', ({ source }) => source.ip],
  ['userAgent', ({ source }) => source.userAgent],
  ['client', ({ source }) => source.client],
  ['requestId', ({ requestId }) => requestId],
  ['service', ({ service }) => service],
  ['changes', ({ changes }) => changes as Json | undefined],
  ['details', ({ details }) => details as Json | undefined],
  ['recordedBy', ({ recordedBy }) => recordedBy as Json | undefined],
];

/**
 * A cell that begins as a formula does gets an apostrophe before it, which spreadsheets take for "this is text".
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const formulaSafe = (text: string): string => (/^[=+\-@\t\r\n|%＝＋－＠]/.test(text) ? `'${text}` : text);

const cell = (value: Json | undefined): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = formulaSafe(typeof value === 'string' ? value.toWellFormed() : canonicalJson(value));
  return /["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvHeader = `${columns.map(([name]) => name).join(',')}\r\n`;

/** @returns one record with its line end */
export const csvLine = (event: StoredEvent): string => `${columns.map(([, read]) => cell(read(event))).join(',')}\r\n`;

/** @returns the records of a CSV text, each a list of cells; undefined for what RFC 4180 does not allow */
export const parseCsv = (text: string): string[][] | undefined => {
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length; ) {
    let value = '';
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        const quote = text.indexOf('"', at);
        if (quote < 0) return undefined;
        value += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        value += '"';
      }
    } else {
      const start = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\r' && text[at] !== '\n' && text[at] !== '"') at += 1;
      value = text.slice(start, at);
    }
    record.push(value);
    if (text[at] === ',') {
      at += 1;
      // A comma at the very end would begin a cell that never comes.
      if (at === text.length) return undefined;
    } else if (text.startsWith('\r\n', at)) {
      at += 2;
      records.push(record);
      record = [];
    } else return undefined;
  }
  return record.length === 0 ? records : undefined;
};
