// Failed sign-ins are events of the organization that the credential names, and guessing does not flood the log.
import { afterEach, expect, test } from 'vitest';
import type { FailedSignIn } from '../../../functions/audit/public.ts';
import { failedSignInRecorder } from '../../../functions/audit/public.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { acme, auditFixture } from '../../support/audit-fixture.ts';

const audit = auditFixture('failed-sign-in');
afterEach(() => audit.close());

test('a refused credential is recorded once a minute for the same address, for organizations that exist alone', async () => {
  await audit.record(1);
  await audit.drain();
  const { table, world } = audit.platform;
  const record = failedSignInRecorder({ table, world, service: 'authorizer' });
  const failed: FailedSignIn = {
    org: acme,
    claimed: principal.parse('token:abc'),
    method: 'api-token',
    cause: 'the secret is not the token’s',
    source: { ip: '192.0.2.9', userAgent: 'guess/1' },
    requestId: 'r1',
  };
  expect(await record(failed)).toBe(true);
  for (let guess = 0; guess < 5; guess += 1) expect(await record(failed)).toBe(false);
  expect(await record({ ...failed, source: { ip: '192.0.2.10' } })).toBe(true);
  audit.clock.advance(61_000);
  expect(await record(failed)).toBe(true);
  expect(await record({ ...failed, org: orgId.parse('nowhere') })).toBe(false);
  await audit.drain();
  expect((await audit.verify()).size).toBe(4);
  const pages = await audit.platform.indexTable.query(acme, { pk: `${acme}#type#auth.failed_login`, limit: 10 });
  expect(pages.items).toHaveLength(3);
});
