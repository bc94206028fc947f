// Entries of the log: what stands in plain, what only a key opens, and what happens to what is too large.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeArchiveLine, encodeArchiveLine } from '../../../functions/audit/domain/archive-line.ts';
import { type AuditKey, deriveAuditKey, exactToken, openField, sealField } from '../../../functions/audit/domain/audit-key.ts';
import { canonicalJson, type Json } from '../../../functions/audit/domain/canonical-json.ts';
import {
  EntryRefused,
  encodeEntry,
  entryRandomBytes,
  erased,
  openEntry,
  parseEntry,
  targetOf,
} from '../../../functions/audit/domain/entry.ts';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { fitEvent } from '../../../functions/audit/domain/fit-event.ts';

const keyOf = (ref: string): AuditKey => deriveAuditKey(ref, Buffer.alloc(32, ref));
const keys = { actor: keyOf('s.alice'), address: keyOf('m.2040-01'), body: keyOf('w.support') };
const random = Buffer.from(Array.from({ length: entryRandomBytes }, (_, index) => index));

const event: AuditEvent = {
  id: '0198c0de-0000-7000-8000-000000000001',
  time: '2040-01-02T03:04:05.678Z',
  org: 'acme' as AuditEvent['org'],
  workspace: 'support' as AuditEvent['workspace'],
  type: 'secret.updated',
  action: 'replace-value',
  actor: { principal: 'user:alice', name: 'Alice Example', email: 'alice@acme.example', token: 'tok1', session: 'ses1' },
  resource: { type: 'secret', id: 'openai_key', scope: 'support/bot' },
  outcome: 'success',
  reason: 'rotated by hand',
  changes: [{ path: '/description', before: 'old words', after: 'new words' }],
  source: { ip: '198.51.100.23', userAgent: 'curl/8', client: 'console' },
  details: { version: 3, note: 'free text' },
  requestId: 'req-1',
  service: 'vault',
  schemaVersion: 1,
};

const ring =
  (...known: AuditKey[]) =>
  async (ref: string) =>
    known.find((key) => key.ref === ref);
const allKeys = ring(keys.actor, keys.address, keys.body);

describe('an entry', () => {
  test('is these very bytes: the format is fixed', () => {
    const entry = encodeEntry(event, keys, random);
    expect(entry.toString()).toBe(
      '{"action":"replace-value","actor":{"key":"s.alice","sealed":"' +
        JSON.parse(entry.toString()).actor.sealed +
        '","token":"' +
        exactToken(keys.actor, 'acme', 'actor', 'user:alice') +
        '"},"address":{"key":"m.2040-01","token":"' +
        exactToken(keys.address, 'acme', 'ip', '198.51.100.23') +
        '"},"body":{"key":"w.support","sealed":"' +
        JSON.parse(entry.toString()).body.sealed +
        '"},"id":"0198c0de-0000-7000-8000-000000000001","org":"acme","outcome":"success","requestId":"req-1",' +
        '"resource":{"id":"openai_key","scope":"support/bot","type":"secret"},"salt":"AAECAwQFBgcICQoLDA0ODw","schemaVersion":1,' +
        '"service":"vault","time":"2040-01-02T03:04:05.678Z","type":"secret.updated","workspace":"support"}',
    );
    expect(encodeEntry(event, keys, random)).toEqual(entry);
  });

  test('shows nobody without the keys who acted, from where, or what was said', () => {
    const text = encodeEntry(event, keys, random).toString();
    for (const hidden of ['alice@', 'Alice', 'user:alice', 'tok1', 'ses1', '198.51', 'curl', 'rotated', 'words', 'free text'])
      expect(text).not.toContain(hidden);
  });

  test('opens to the very event that it was made of', async () => {
    expect(await openEntry(parseEntry(encodeEntry(event, keys, random)), allKeys)).toEqual(event);
  });

  test('reads on without its person once their key is destroyed, and the hash still covers it', async () => {
    const opened = await openEntry(parseEntry(encodeEntry(event, keys, random)), ring(keys.body));
    expect(opened).toEqual({ ...event, actor: { principal: erased }, source: { userAgent: 'curl/8', client: 'console' } });
  });

  test('opens nowhere else: not as another event, field, organization, or under another key', () => {
    const place = { org: 'acme', eventId: event.id, field: 'actor' };
    const sealed = sealField(keys.actor, place, random.subarray(0, 12), 'x');
    expect(openField(keys.actor, place, sealed)).toBe('x');
    for (const other of [
      { ...place, org: 'globex' },
      { ...place, eventId: 'other' },
      { ...place, field: 'body' },
    ]) {
      expect(() => openField(keys.actor, other, sealed)).toThrow();
    }
    expect(() => openField(keys.body, place, sealed)).toThrow();
    expect(() => openField({ ...keys.actor, ref: 's.bob' }, place, sealed)).toThrow();
  });

  test('about a person hides whom it is about as well', async () => {
    const about: AuditEvent = { ...event, resource: { type: 'member', id: 'bob' } };
    const target = keyOf('s.9f2c');
    expect(targetOf(about)).toBe('user:bob');
    const entry = encodeEntry(about, { ...keys, target }, random);
    expect(entry.toString()).not.toContain('bob"');
    expect(await openEntry(parseEntry(entry), ring(keys.actor, keys.body, target))).toEqual(about);
    expect((await openEntry(parseEntry(entry), ring(keys.actor, keys.body))).resource).toEqual({ type: 'member', id: erased });
  });

  test('tokens match the same value under the same key, and nothing else', () => {
    const token = exactToken(keys.actor, 'acme', 'actor', 'user:alice');
    expect(Buffer.from(token, 'base64url')).toHaveLength(16);
    expect(exactToken(keys.actor, 'acme', 'actor', 'user:alice')).toBe(token);
    for (const other of [
      exactToken(keys.body, 'acme', 'actor', 'user:alice'),
      exactToken(keys.actor, 'globex', 'actor', 'user:alice'),
      exactToken(keys.actor, 'acme', 'ip', 'user:alice'),
      exactToken(keys.actor, 'acme', 'actor', 'user:alic'),
    ]) {
      expect(other).not.toBe(token);
    }
  });

  test('that differs from its canonical form in any byte is no entry', () => {
    const text = encodeEntry(event, keys, random).toString();
    for (const other of [
      ` ${text}`,
      text.replace('"outcome":"success",', ''),
      text.replace('{', '{"extra":1,'),
      text.replace('"service"', ' "service"'),
      '[]',
      '',
    ]) {
      expect(() => parseEntry(Buffer.from(other))).toThrow(EntryRefused);
    }
  });

  test('survives any event that a service may write', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    const json = fc.jsonValue({ maxDepth: 3 });
    const anyEvent = fc.record({
      changes: fc.option(fc.array(fc.record({ path: text, before: json, after: json }), { maxLength: 4 }), { nil: undefined }),
      reason: fc.option(text, { nil: undefined }),
      details: fc.option(fc.dictionary(text, json, { maxKeys: 4 }), { nil: undefined }),
      source: fc.record({ ip: text, userAgent: text }, { requiredKeys: [] }),
    });
    await fc.assert(
      fc.asyncProperty(anyEvent, async (parts) => {
        const made = JSON.parse(JSON.stringify({ ...event, ...parts })) as AuditEvent;
        const opened = await openEntry(parseEntry(encodeEntry(made, keys, random)), allKeys);
        expect(JSON.parse(JSON.stringify(opened))).toEqual(JSON.parse(canonicalJson(made as unknown as Json)));
      }),
      { numRuns: 100 },
    );
  });
});

describe('an event that is too large', () => {
  const large = 'x'.repeat(40_000);

  test('keeps its small values; large ones give way to their SHA-256', () => {
    const fitted = fitEvent({
      ...event,
      changes: [
        { path: '/a', before: large, after: 'small' },
        { path: '/b', after: [large, 1] },
      ],
    });
    expect(fitted.changes?.[0]).toEqual({
      path: '/a',
      before: { cut: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: 40_002 } },
      after: 'small',
    });
    expect(fitted.details).toEqual(event.details);
    expect(encodeEntry(fitted, keys, random).length).toBeLessThan(16_384);
  });

  test('fits however it is large, is cut the same way each time, and once cut stays as it is', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({ path: `/${index}`, after: `value ${index}` }));
    for (const change of [
      { changes: many },
      { details: Object.fromEntries(many.map(({ path, after }) => [path, after])) },
      { reason: large },
      { changes: many, details: { large }, reason: large },
    ] as Partial<AuditEvent>[]) {
      const fitted = fitEvent({ ...event, ...change });
      expect(fitEvent({ ...event, ...change })).toEqual(fitted);
      expect(fitEvent(fitted)).toEqual(fitted);
      expect(encodeEntry(fitted, keys, random).length).toBeLessThan(16_384);
    }
  });

  test('in its plain fields is refused, not cut', () => {
    expect(() => encodeEntry({ ...event, action: large + large }, keys, random)).toThrow(EntryRefused);
  });
});

describe('a line of the archive', () => {
  test('gives the entry back byte for byte, and is refused with any byte changed in its frame', () => {
    const entry = encodeEntry(event, keys, random);
    const line = encodeArchiveLine({ leafIndex: 1_234, entry });
    expect(JSON.parse(line.toString())).toMatchObject({ leafIndex: 1_234, org: 'acme', time: event.time });
    expect(decodeArchiveLine(line)).toEqual({ leafIndex: 1_234, entry });
    for (const bad of [
      '',
      '{}',
      '{"leafIndex":01,"a":1}',
      '{"leafIndex":-1,"a":1}',
      '{"leafIndex":1, "a":1}',
      '{"leafIndex":1,"a":1',
      '{"leafindex":1,"a":1}',
    ]) {
      expect(decodeArchiveLine(Buffer.from(bad)), bad).toBeUndefined();
    }
  });
});
