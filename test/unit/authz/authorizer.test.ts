import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { joseVerifyJwt } from '../../../functions/authz/authorizer.ts';
import type { VerifyJwt } from '../../../functions/authz/ports.ts';
import { apiTokenText, parseApiToken } from '../../../functions/authz/public.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const issuer = 'http://127.0.0.1/issuer';
const clientId = 'client';

describe('API tokens', () => {
  let api: AuthzApi;
  let admin: string;
  beforeEach(async () => {
    api = await authzApi();
    admin = await api.seedToken('admin');
    return () => api.close();
  });
  const later = (ms: number) => new Date(api.world.nowMs() + ms).toISOString();
  const make = async (by: string, more: object = {}) => {
    const reply = await api.withToken(by)('POST', '/tokens', {
      name: 'ci',
      role: 'viewer',
      scope: '*',
      expiresAt: later(3_600_000),
      ...more,
    });
    expect(reply.status).toBe(201);
    return reply.json as { id: string; token: string };
  };

  test('have the form that scanners know, and a checksum', () => {
    const text = apiTokenText('abcdefghijklmnop', new Uint8Array(32).fill(255));
    expect(text).toMatch(/^mm_[a-z2-7]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(parseApiToken(text)?.id).toBe('abcdefghijklmnop');
    for (let index = 0; index < text.length; index += 1) {
      const changed = `${text.slice(0, index)}${text[index] === 'a' ? 'b' : 'a'}${text.slice(index + 1)}`;
      expect(parseApiToken(changed)).toBeUndefined();
    }
    expect(parseApiToken(`${text}\n`)).toBeUndefined();
  });

  test('let their bearer in, and are shown once', async () => {
    const { id, token } = await make(admin);
    expect((await api.withToken(token)('GET', '/workspaces/support')).status).toBe(200);
    const read = await api.withToken(admin)('GET', `/tokens/${id}`);
    expect(read.json).toMatchObject({ id, role: 'viewer', createdBy: `token:${parseApiToken(admin)?.id}`, lastUsedAt: expect.any(String) });
    expect(read.text).not.toContain(token);
    const list = await api.withToken(admin)('GET', '/tokens');
    expect(list.text).not.toContain(token.split('_')[2]);
    expect(JSON.stringify(await api.events())).not.toContain(token.split('_')[2]);
  });

  test('are not made again by an idempotency key, nor shown again', async () => {
    const body = { name: 'once', role: 'viewer', scope: '*', expiresAt: later(1_000) };
    const options = { headers: { 'idempotency-key': 'k' } };
    const first = await api.withToken(admin)('POST', '/tokens', body, options);
    const second = await api.withToken(admin)('POST', '/tokens', body, options);
    expect([second.status, second.json.id, second.json.token]).toEqual([201, first.json.id, undefined]);
  });

  test('pass on exactly the words of the context, for the whole stage', async () => {
    const { id } = parseApiToken(admin) ?? { id: '' };
    const result = await api.authorizer(api.authorizerEvent({ authorization: `bearer ${admin}` }));
    expect(result.context).toEqual({ org: 'acme', principal: `token:${id}`, tokenId: id, name: 'admin' });
    expect(result.policyDocument.Statement).toEqual([
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: 'arn:aws:execute-api:eu-central-1:123456789012:api/prod/*' },
    ]);
  });

  test('are refused with exactly `Unauthorized`, whatever is wrong', async () => {
    const forged = apiTokenText(parseApiToken(admin)?.id ?? '', new Uint8Array(32).fill(7));
    const unknown = apiTokenText('abcdefghijklmnop', new Uint8Array(32));
    const headers: Record<string, string>[] = [
      {},
      { Authorization: admin },
      { Authorization: 'Bearer ' },
      { Authorization: `Basic ${admin}` },
      { Authorization: `Bearer ${admin} ${admin}` },
      { Authorization: `Bearer ${admin}x` },
      { Authorization: `Bearer ${forged}` },
      { Authorization: `Bearer ${unknown}` },
      { Authorization: `Bearer mm_${'a'.repeat(20_000)}` },
      { Authorization: `Bearer ${admin}`, authorization: `Bearer ${admin}` },
    ];
    for (const each of headers) {
      await expect(api.authorizer(api.authorizerEvent(each))).rejects.toThrow(/^Unauthorized$/);
    }
    expect(JSON.stringify(api.lines)).not.toContain(admin);
  });

  test('end at their time, and at the next request after they are revoked', async () => {
    const short = await make(admin, { expiresAt: later(1_000) });
    const long = await make(admin);
    api.clock.advance(999);
    expect((await api.withToken(short.token)('GET', '/workspaces')).status).toBe(200);
    api.clock.advance(1);
    expect((await api.withToken(short.token)('GET', '/workspaces')).status).toBe(401);
    expect((await api.withToken(admin)('DELETE', `/tokens/${long.id}`)).status).toBe(204);
    expect((await api.withToken(long.token)('GET', '/workspaces')).status).toBe(401);
  });

  test('fall with whoever created them', async () => {
    const child = await make(admin);
    const grandchild = await make(admin, { role: 'admin' });
    const greatGrandchild = await make(grandchild.token);
    await api.admin('POST', '/members', { id: 'bea', email: 'bea@example.com', name: 'Bea', status: 'active' });
    await api.admin('POST', '/assignments', { principal: 'user:bea', role: 'admin', scope: '*' });
    const bea = api.as('user:bea');
    expect((await bea('DELETE', `/tokens/${grandchild.id}`)).status).toBe(204);
    expect((await api.withToken(greatGrandchild.token)('GET', '/workspaces')).status).toBe(401);
    expect((await api.withToken(child.token)('GET', '/workspaces')).status).toBe(200);
    expect((await bea('PATCH', '/members/ada', { status: 'suspended' })).status).toBe(200);
    for (const token of [admin, child.token]) expect((await api.withToken(token)('GET', '/workspaces')).status).toBe(401);
  });

  test('are allowed only what their creator is allowed at that moment', async () => {
    await api.admin('POST', '/members', { id: 'cal', email: 'cal@example.com', name: 'Cal', status: 'active' });
    const { role } = await api.grant('cal', ['iam:*:write', 'apps:*:read', 'apps:*:write']);
    const expiresAt = later(3_600_000);
    const made = await api.as('user:cal')('POST', '/tokens', { name: 'cal', role, scope: '*', expiresAt });
    const ask = async (permission: string) => (await api.withToken(made.json.token)('POST', '/authz/check', { permission })).json;
    expect((await ask('apps:support:write')).allowed).toBe(true);
    await api.admin('POST', '/policies', {
      effect: 'deny',
      resources: ['apps'],
      scopes: ['*'],
      actions: ['write'],
      roles: [role],
      unless: { mfa: true },
    });
    expect(await ask('apps:support:write')).toMatchObject({ allowed: false });
    const [own] = (await api.admin('GET', '/assignments?principal=user:cal')).json.items;
    await api.admin('DELETE', `/assignments/${own.id}`);
    const denied = await ask('apps:support:read');
    expect(denied.allowed).toBe(false);
    expect(denied.reason).toContain('user:cal');
  });

  test('live at most 365 days, and name their end', async () => {
    const body = { name: 'x', role: 'viewer', scope: '*' };
    const ask = async (expiresAt?: string) =>
      (await api.withToken(admin)('POST', '/tokens', { ...body, expiresAt })).json.errors?.[0].pointer;
    expect(await ask()).toBe('/expiresAt');
    expect(await ask(later(365 * 86_400_000 + 1))).toBe('/expiresAt');
    expect(await ask(later(0))).toBe('/expiresAt');
    expect(await ask(later(365 * 86_400_000))).toBeUndefined();
  });

  test('count in their own organization only', async () => {
    const outsider = await api.seedToken('admin', 'globex');
    expect((await api.withToken(outsider)('GET', '/v1/orgs/globex/roles')).status).toBe(200);
    expect((await api.withToken(outsider)('GET', '/roles')).status).toBe(404);
    expect((await api.withToken(outsider)('DELETE', `/tokens/${parseApiToken(admin)?.id}`)).status).toBe(404);
  });
});

describe('access tokens', () => {
  let api: AuthzApi;
  let sign: (claims?: object, header?: object, key?: Key) => Promise<string>;
  let other: Key;
  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    other = (await generateKeyPair('ES256')).privateKey;
    const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };
    let verify: VerifyJwt | undefined;
    api = await authzApi({ verifyJwt: (token) => (verify ?? Promise.reject)(token) });
    verify = joseVerifyJwt({ keySet, issuer, clientId, clock: api.world });
    sign = (claims = {}, header = {}, key = privateKey) => {
      const now = Math.floor(api.world.nowMs() / 1_000);
      const standard = { iss: issuer, iat: now, exp: now + 60, client_id: clientId, token_use: 'access', org: 'acme', username: 'ada' };
      return new SignJWT({ ...standard, origin_jti: 'session-1', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
        .sign(key);
    };
  });
  afterAll(() => api.close());

  const ask = async (token: string) => (await api.withToken(token)('GET', '/roles')).status;

  test('let an active member in, with session and second factor', async () => {
    const { context } = await api.authorizer(api.authorizerEvent({ Authorization: `Bearer ${await sign({ amr: ['pwd', 'otp'] })}` }));
    expect(context).toEqual({
      org: 'acme',
      principal: 'user:ada',
      session: 'session-1',
      name: 'Ada',
      email: 'ada@example.com',
      mfa: 'true',
    });
    const without = await api.authorizer(api.authorizerEvent({ Authorization: `Bearer ${await sign({ amr: ['pwd'] })}` }));
    expect(without.context).not.toHaveProperty('mfa');
    expect(await ask(await sign())).toBe(200);
  });

  test('are refused unsigned, foreign, for others, out of time, or tampered with', async () => {
    const now = Math.floor(api.world.nowMs() / 1_000);
    const good = await sign();
    const [head = '', , signature = ''] = good.split('.');
    const body = Buffer.from(
      JSON.stringify({ iss: issuer, exp: now + 60, iat: now, client_id: clientId, token_use: 'access', org: 'globex', username: 'ada' }),
    );
    const none = new UnsecuredJWT({ client_id: clientId, token_use: 'access', org: 'acme', username: 'ada' })
      .setIssuer(issuer)
      .setExpirationTime('1h')
      .encode();
    const secret = new TextEncoder().encode('0'.repeat(32));
    const bad: Record<string, string> = {
      none,
      symmetric: await new SignJWT({ iss: issuer, exp: now + 60 }).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret),
      issuer: await sign({ iss: 'http://127.0.0.1/other' }),
      client: await sign({ client_id: 'another' }),
      audience: await sign({ aud: 'another' }),
      use: await sign({ token_use: 'id' }),
      expired: await sign({ exp: now }),
      endless: await sign({ exp: undefined }),
      early: await sign({ nbf: now + 30 }),
      'unknown key': await sign({}, { kid: 'two' }),
      'no key': await sign({}, { kid: undefined }),
      'other key': await sign({}, {}, other),
      tampered: `${head}.${body.toString('base64url')}.${signature}`,
      'no organization': await sign({ org: undefined }),
      'odd organization': await sign({ org: 'acme\n' }),
      'unknown member': await sign({ username: 'zoe' }),
      'member of another organization': await sign({ org: 'nowhere' }),
    };
    for (const [what, token] of Object.entries(bad)) expect([what, await ask(token)]).toEqual([what, 401]);
    expect(await ask(good)).toBe(200);
  });

  test('stop with a suspension, a removal, and were never for an invitation', async () => {
    await api.admin('POST', '/members', { id: 'ron', email: 'ron@example.com', name: 'Ron' });
    await api.admin('POST', '/assignments', { principal: 'user:ron', role: 'admin', scope: '*' });
    const token = await sign({ username: 'ron' });
    expect(await ask(token)).toBe(401);
    await api.admin('PATCH', '/members/ron', { status: 'active' });
    expect(await ask(token)).toBe(200);
    await api.admin('PATCH', '/members/ron', { status: 'suspended' });
    expect(await ask(token)).toBe(401);
    expect((await api.as('user:ron')('GET', '/roles')).status).toBe(403);
    await api.admin('PATCH', '/members/ron', { status: 'active' });
    await api.admin('DELETE', '/members/ron');
    expect(await ask(token)).toBe(401);
    expect((await api.as('user:ron')('GET', '/roles')).status).toBe(403);
  });
});
