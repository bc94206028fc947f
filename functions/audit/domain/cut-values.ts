// Values that an event was too small for: each is an object of its own beside the log, encrypted, named by the SHA-256 of its bytes.
import { hash } from 'node:crypto';
import { type AuditKey, exactToken, openField, sealField } from './audit-key.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { AuditEvent } from './event.ts';

/** Where these objects are, relative to the organization's log. */
export const valuesFolder = 'values/';

const nonceBytes = 12;
const isCut = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, 'cut');

/** @returns canonical JSON of each value that `fitted` names by its hash only, in the order of the event */
export const cutValues = (whole: AuditEvent, fitted: AuditEvent): string[] => {
  if (whole === fitted) return [];
  const texts: string[] = [];
  const add = (before: unknown, after: unknown): void => {
    if (before !== undefined && isCut(after) && !isCut(before)) texts.push(canonicalJson(before as Json));
  };
  const changes = whole.changes ?? [];
  if (fitted.changes?.length === changes.length) {
    for (const [index, change] of changes.entries()) {
      add(change.before, fitted.changes[index]?.before);
      add(change.after, fitted.changes[index]?.after);
    }
  } else {
    add(changes, fitted.changes?.[0]?.after);
  }
  if (isCut(fitted.details)) add(whole.details, fitted.details);
  else for (const [name, value] of Object.entries(whole.details ?? {})) add(value, fitted.details?.[name]);
  return texts;
};

const placeOf = (org: string) => ({ org, eventId: '', field: 'value' });

/** @returns the object's bytes and its path: the same for the same value under the same key, so that a writer may start over */
export const sealValue = (
  key: AuditKey,
  org: string,
  text: string,
): { readonly path: string; readonly sha256: string; readonly bytes: Uint8Array } => {
  const nonce = Buffer.from(exactToken(key, org, 'value', text), 'base64url').subarray(0, nonceBytes);
  const bytes = Buffer.from(sealField(key, placeOf(org), nonce, text));
  const sha256 = hash('sha256', bytes, 'hex');
  return { path: `${valuesFolder}${sha256}`, sha256, bytes };
};

/** @throws Error when the bytes were not sealed under that key */
export const openValue = (key: AuditKey, org: string, bytes: Uint8Array): string =>
  openField(key, placeOf(org), Buffer.from(bytes).toString('utf8'));

/** @returns whether the bytes are what their path says */
export const isValueObject = (path: string, bytes: Uint8Array): boolean => path === `${valuesFolder}${hash('sha256', bytes, 'hex')}`;
