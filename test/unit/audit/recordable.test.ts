// What an event may hold: each type's own fields, nothing of secrets and persons.
import { describe, expect, test } from 'vitest';
import { type AuditEvent, eventTypes } from '../../../functions/audit/domain/event.ts';
import { onlyRecordable, recordableOf } from '../../../functions/audit/domain/recordable.ts';

const kept = (type: AuditEvent['type'], changes: AuditEvent['changes'], details?: AuditEvent['details']) =>
  onlyRecordable({ type, ...(changes === undefined ? {} : { changes }), ...(details === undefined ? {} : { details }) });

describe('the fields that an event of a type may hold', () => {
  test('are named for every type', () => {
    for (const type of eventTypes) expect(recordableOf(type).details.length, type).toBeGreaterThan(0);
  });

  test('leave the rest out, and say how much that was', () => {
    expect(
      kept(
        'secret.updated',
        [
          { path: '/value', after: 'hunter2' },
          { path: '/tags', after: ['a'] },
        ],
        { version: 2, plain: 'hunter2' },
      ),
    ).toEqual({
      type: 'secret.updated',
      changes: [{ path: '/tags', after: ['a'] }],
      details: { version: 2, omitted: 2 },
    });
  });

  test('of persons and credentials keep the path only, wherever they stand', () => {
    expect(
      kept('resource.updated', [
        { path: '/config/apiKey', before: 'sk-1', after: 'sk-2' },
        { path: '/owner/email', after: 'ada@acme.example' },
        { path: '/settings', after: { region: 'eu', password: 'hunter2', inner: [{ clientSecret: 's' }] } },
      ]),
    ).toEqual({
      type: 'resource.updated',
      changes: [
        { path: '/config/apiKey' },
        { path: '/owner/email' },
        { path: '/settings', after: { region: 'eu', password: '[masked]', inner: [{ clientSecret: '[masked]' }] } },
      ],
    });
  });

  test('leave an event without changes and details as it is', () => {
    const event = { type: 'auth.login' as const };
    expect(onlyRecordable(event)).toBe(event);
  });
});
