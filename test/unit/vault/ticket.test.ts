import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { OrgId } from '../../../functions/shared/kernel/ids.ts';
import { sealTicket, ticket, ticketLifeMs } from '../../../functions/vault/domain/ticket.ts';
import { openTicket } from '../../../functions/vault/public.ts';
import { testClock, testRandomness } from '../../support/ports.ts';

const keyOf = (org: string): Uint8Array => createHmac('sha256', 'test').update(org).digest();

const setUp = () => {
  const clock = testClock();
  const asked: string[] = [];
  const orgKeys = async (org: OrgId, purpose: string): Promise<Uint8Array> => {
    asked.push(`${org}/${purpose}`);
    return keyOf(org);
  };
  const world = { ...clock, ...testRandomness('ticket') };
  const made = ticket.parse({
    org: 'acme',
    caller: 'user:ada',
    workspace: 'support',
    pipeline: 'answers',
    binding: 'revision1',
    environment: 'production',
    app: 'bot',
    namespace: 'eu',
    step: 'infer',
    execution: 'execution1',
    expiresAtMs: clock.nowMs() + ticketLifeMs,
  });
  return { clock, asked, made, open: openTicket({ orgKeys, world }) };
};

const refused = { code: 'forbidden', message: 'the ticket is not valid: it is altered, has expired, or belongs to another organization' };

describe('a ticket', () => {
  test('opens to all that it fixes', async () => {
    const { made, open, asked } = setUp();
    await expect(open(sealTicket(keyOf('acme'), made))).resolves.toEqual(made);
    await expect(open(sealTicket(keyOf('acme'), made), 'acme')).resolves.toEqual(made);
    expect(asked).toEqual(['acme/tickets', 'acme/tickets']);
  });

  test('is refused with any character changed, dropped or added', async () => {
    const { made, open } = setUp();
    const text = sealTicket(keyOf('acme'), made);
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'A' ? 'B' : 'A';
      await expect(open(text.slice(0, at) + other + text.slice(at + 1))).rejects.toMatchObject(refused);
      await expect(open(text.slice(0, at) + text.slice(at + 1))).rejects.toMatchObject(refused);
    }
    for (const more of [`${text}A`, `${text}=`, ` ${text}`, `${text}\n`, text.toUpperCase()])
      await expect(open(more)).rejects.toMatchObject(refused);
  });

  test.each(['', '.', 'mmx_.', 'mmx_e30.AAAA', `mmx_${'A'.repeat(100_000)}.${'A'.repeat(43)}`, 'null', '{}'])(
    'is refused when it is `%.20s`',
    async (text) => {
      await expect(setUp().open(text)).rejects.toMatchObject(refused);
    },
  );

  test('is refused from the moment it expires', async () => {
    const { made, open, clock } = setUp();
    const text = sealTicket(keyOf('acme'), made);
    clock.advance(ticketLifeMs - 1);
    await expect(open(text)).resolves.toBeDefined();
    clock.advance(1);
    await expect(open(text)).rejects.toMatchObject(refused);
  });

  test('of another organization is refused, before any key is fetched where the organization is known', async () => {
    const { made, open, asked } = setUp();
    const foreign = { ...made, org: 'globex' as OrgId };
    await expect(open(sealTicket(keyOf('acme'), foreign))).rejects.toMatchObject(refused);
    asked.length = 0;
    await expect(open(sealTicket(keyOf('globex'), foreign), 'acme')).rejects.toMatchObject(refused);
    expect(asked).toEqual([]);
  });

  test('with unknown or missing fields is refused even under the right key', async () => {
    const { made, open } = setUp();
    const forge = (payload: unknown): string => {
      const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
      return `mmx_${text}.${createHmac('sha256', keyOf('acme')).update(`ticket/v1.${text}`).digest('base64url')}`;
    };
    await expect(open(forge(made))).resolves.toEqual(made);
    await expect(open(forge({ ...made, more: 1 }))).rejects.toMatchObject(refused);
    await expect(open(forge({ ...made, caller: undefined }))).rejects.toMatchObject(refused);
    await expect(open(forge({ ...made, expiresAtMs: Number.MAX_VALUE }))).rejects.toMatchObject(refused);
  });
});
