import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AccessTokenRequest, openIssuer } from '../../../local/issuer/issuer.ts';
import { issuerResources } from '../../../local/issuer/issuer-resources.ts';
import { countingWorld, gatewayWith } from '../../support/gateway.ts';

const nowMs = Date.UTC(2026, 10, 22, 9, 30);
const url = 'http://127.0.0.1:8787/issuer';
const ada: AccessTokenRequest = {
  org: 'acme',
  username: 'ada',
  session: 'session-1',
  amr: ['pwd', 'otp'],
  ttlSeconds: 600,
  clientId: 'console',
};

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'issuer-')), '.data');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const issuerAt = (at = folder, issuer = url) => openIssuer({ folder: at, issuer, world: countingWorld(nowMs) });
const keysOf = (issuer: Awaited<ReturnType<typeof issuerAt>>) =>
  createLocalJWKSet({ keys: issuer.keySet().keys.map((key) => ({ ...key, kty: 'EC' })) });
const keyFile = () => join(folder, 'issuer-key.json');

describe('an access token', () => {
  test('bears the claims of Cognito’s, and verifies with the key set', async () => {
    const issuer = await issuerAt();
    const token = await issuer.issueAccessToken({ ...ada, authTimeMs: nowMs - 60_000 });
    const { payload, protectedHeader } = await jwtVerify(token, keysOf(issuer), {
      issuer: url,
      algorithms: ['ES256'],
      currentDate: new Date(nowMs),
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: issuer.keySet().keys[0]?.kid });
    expect(payload).toStrictEqual({
      iss: url,
      sub: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      client_id: 'console',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: nowMs / 1_000 - 60,
      iat: nowMs / 1_000,
      exp: nowMs / 1_000 + 600,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      origin_jti: 'session-1',
      username: 'ada',
      org: 'acme',
      amr: ['pwd', 'otp'],
    });
  });

  test('names the same subject for the same user and another for every other, and no two tokens share an id', async () => {
    const issuer = await issuerAt();
    const claims = async (change: Partial<AccessTokenRequest>) => {
      const { payload } = await jwtVerify(await issuer.issueAccessToken({ ...ada, ...change }), keysOf(issuer), {
        currentDate: new Date(nowMs),
      });
      return payload;
    };
    const [first, again, other, elsewhere, joined] = await Promise.all([
      claims({}),
      claims({}),
      claims({ username: 'bob' }),
      claims({ org: 'globex' }),
      claims({ org: 'acmea', username: 'da' }),
    ]);
    expect(again?.sub).toBe(first?.sub);
    expect(new Set([first, other, elsewhere, joined].map((each) => each?.sub)).size).toBe(4);
    expect(again?.jti).not.toBe(first?.jti);
  });

  test('says nothing of how the user signed in where that is unknown', async () => {
    const issuer = await issuerAt();
    const { amr: _amr, ...unknown } = ada;
    const { payload } = await jwtVerify(await issuer.issueAccessToken(unknown), keysOf(issuer), { currentDate: new Date(nowMs) });
    expect(payload).not.toHaveProperty('amr');
  });

  test('expires', async () => {
    const issuer = await issuerAt();
    const token = await issuer.issueAccessToken(ada);
    await expect(jwtVerify(token, keysOf(issuer), { currentDate: new Date(nowMs + 600_000) })).rejects.toMatchObject({
      code: 'ERR_JWT_EXPIRED',
    });
  });

  test('of another issuer’s key does not verify, and its key id is another', async () => {
    const [issuer, other] = [await issuerAt(), await issuerAt(join(folder, '..', 'other'))];
    const token = await other.issueAccessToken(ada);
    expect(decodeProtectedHeader(token).kid).not.toBe(issuer.keySet().keys[0]?.kid);
    await expect(jwtVerify(token, keysOf(issuer))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test.each([0, -1, 1.5, 86_401, Number.NaN, Number.POSITIVE_INFINITY])('is not issued for %s seconds', async (ttlSeconds) => {
    await expect((await issuerAt()).issueAccessToken({ ...ada, ttlSeconds })).rejects.toThrow(RangeError);
  });
});

describe('the key', () => {
  test('survives a restart: yesterday’s token still verifies', async () => {
    const token = await (await issuerAt()).issueAccessToken(ada);
    const later = await issuerAt();
    await expect(jwtVerify(token, keysOf(later), { currentDate: new Date(nowMs) })).resolves.toBeTruthy();
  });

  test('is one, however many start at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => issuerAt()));
    expect(new Set(all.map((each) => each.keySet().keys[0]?.kid)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['issuer-key.json']);
  });

  test.skipIf(process.platform === 'win32')('is its owner’s alone, and refused when it is not', async () => {
    await issuerAt();
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await chmod(keyFile(), 0o640);
    await expect(issuerAt()).rejects.toThrow('chmod 600');
  });

  test('never shows its private part in the key set', async () => {
    const issuer = await issuerAt();
    const { d } = JSON.parse(await readFile(keyFile(), 'utf8')) as { d: string };
    expect(d).toHaveLength(43);
    expect(Object.keys(issuer.keySet().keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(JSON.stringify([issuer.keySet(), issuer.configuration()])).not.toContain(d);
  });

  test.each(['', '{', '{"kty":"EC"}', '{"kty":"oct","k":"c2VjcmV0LXRleHQ"}'])(
    'that is damaged (%j) stops the start, and is not printed',
    async (text) => {
      await issuerAt();
      await writeFile(keyFile(), text);
      const failure = await issuerAt().catch((error: unknown) => String(error));
      expect(failure).toContain('is damaged');
      expect(failure).not.toContain('c2VjcmV0');
      expect(await readFile(keyFile(), 'utf8')).toBe(text);
    },
  );
});

test('a client finds the keys by discovery, with no credential', async () => {
  let gateway: Awaited<ReturnType<typeof gatewayWith>> | undefined;
  try {
    const first = await issuerAt();
    gateway = await gatewayWith(issuerResources(first));
    const base = `http://127.0.0.1:${gateway.port}/issuer/.well-known`;
    const configuration = (await (await fetch(`${base}/openid-configuration`)).json()) as { issuer: string; jwks_uri: string };
    expect(configuration).toMatchObject({ issuer: url, jwks_uri: `${url}/.well-known/jwks.json` });
    const keys = createRemoteJWKSet(new URL(`${base}/jwks.json`));
    await expect(jwtVerify(await first.issueAccessToken(ada), keys, { issuer: url, currentDate: new Date(nowMs) })).resolves.toBeTruthy();
    const refused = await fetch(`${base}/jwks.json`, { method: 'POST', body: '{}' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET']);
  } finally {
    await gateway?.close();
  }
});
