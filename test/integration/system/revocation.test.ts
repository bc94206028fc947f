import { afterEach, describe, expect, test } from 'vitest';
import { apiTokenText, organizationSetup } from '../../../functions/authz/public.ts';
import { openEmbeddedPlatform } from '../../../functions/shared/embedded/embedded-platform.ts';
import { environment, orgId } from '../../../functions/shared/kernel/ids.ts';
import { buildSystem } from '../../../local/system.ts';
import { rememberingLog } from '../../support/gateway.ts';
import { temporaryFolder, testClock, testRandomness } from '../../support/ports.ts';
import { type Actor, type Answered, noIssuer, requestsTo } from '../../support/service-requests.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const ada: Actor = { org: 'acme', principal: 'user:ada' };
const max: Actor = { org: 'acme', principal: 'user:max' };

/** Two processes over one platform, each with caches of its own, and what the tests revoke. */
const twoProcesses = async () => {
  const folder = temporaryFolder();
  const world = { ...testClock(), ...testRandomness('revocation') };
  const { log } = rememberingLog();
  const platform = openEmbeddedPlatform({ folder: folder.path, world, log });
  open.push(() => {
    platform.close();
    folder.remove();
  });
  const setup = organizationSetup({ table: platform.table, world });
  const acme = orgId.parse('acme');
  await setup.createOrganization(acme, { id: 'ada', email: 'ada@acme.test', name: 'Ada' });
  await setup.ensureWorkspace(acme, { id: 'support', environments: environment.options });

  const processes = [buildSystem(platform, noIssuer), buildSystem(platform, noIssuer)].map(({ services, authorizer, resolver }) => {
    const routes = services.flatMap(({ routes: own }) => own);
    const send = requestsTo(services, world);
    const ask = (actor: Actor, method: string, path: string, body?: unknown, params: Record<string, string> = {}): Promise<Answered> => {
      const route = routes.find((each) => each.method === method && each.path === `/v1/orgs/{org}${path}`);
      if (route === undefined) throw new Error(`there is no route ${method} ${path}`);
      return send(actor, route, { params: { org: 'acme', ...params }, body });
    };
    /** @returns whether the credential is let in */
    const letsIn = async (credential: string): Promise<boolean> => {
      const event = { methodArn: 'arn:aws:execute-api:r:1:api/prod/GET/', headers: { Authorization: `Bearer ${credential}` } };
      try {
        await authorizer({ ...event, multiValueHeaders: null, requestContext: { requestId: 'request' } } as never, {} as never);
        return true;
      } catch {
        return false;
      }
    };
    const resolves = async (ticket: string): Promise<boolean> => {
      const requestContext = {
        requestId: 'request',
        timeEpoch: world.nowMs(),
        http: { method: 'POST', sourceIp: '10.0.0.1', userAgent: 'tests' },
      };
      const headers = { 'content-type': 'application/json' };
      const answer = await resolver({ rawPath: '/', headers, body: JSON.stringify({ ticket }), isBase64Encoded: false, requestContext });
      return answer.statusCode === 200;
    };
    return { ask, letsIn, resolves };
  });
  const [first, second] = processes;
  if (first === undefined || second === undefined) throw new Error('there are two processes');

  const admin = async (method: string, path: string, body?: unknown, params: Record<string, string> = {}) => {
    const answer = await first.ask(ada, method, path, body, params);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.text === '' ? undefined : JSON.parse(answer.text);
  };
  await admin('POST', '/members', { id: 'max', email: 'max@acme.test', name: 'Max', status: 'active', groups: ['team'] });
  await admin('POST', '/roles', { id: 'keeper', permissions: ['secrets:*:read', 'augmentations:*:execute'] });
  await admin('POST', '/roles', { id: 'lister', permissions: [] });
  const allow = { effect: 'allow', resources: ['secrets', 'augmentations'], scopes: ['*'], actions: ['read', 'execute'] };
  const actions = { ...allow, resources: ['secrets'], actions: ['read'], roles: ['lister'] };
  await admin('POST', '/policies', { id: 'list-secrets', ...actions });
  const { id: secret } = await admin('POST', '/secrets', { name: 'API_KEY', location: { workspace: 'support' }, value: 'a value to keep' });
  const token = apiTokenText('maxstoken234567a', world.bytes(32));
  return { world, setup, acme, first, second, admin, secret: String(secret), token };
};

type Two = Awaited<ReturnType<typeof twoProcesses>>;

/** Asks on and on in both processes while it is revoked, and says what was allowed to requests that began after the revocation's answer. */
const race = async (probes: readonly (() => Promise<boolean>)[], revoke: () => Promise<unknown>) => {
  let revoked = false;
  let before = 0;
  let after = 0;
  const late: number[] = [];
  const ask = async (probe: () => Promise<boolean>, index: number): Promise<void> => {
    while (!revoked || after < probes.length * 5) {
      // The embedded table answers within one turn of the loop: whoever revokes gets turns too.
      await new Promise((resolve) => setImmediate(resolve));
      const beganAfter = revoked;
      const allowed = await probe();
      if (beganAfter) after += 1;
      else if (allowed) before += 1;
      if (beganAfter && allowed) late.push(index);
    }
  };
  const asking = [...probes, ...probes, ...probes].map(ask);
  await new Promise((resolve) => setTimeout(resolve, 20));
  try {
    await revoke();
  } finally {
    revoked = true;
    await Promise.all(asking);
  }
  return { sawIt: before > 0, late };
};

const readsSecret = ({ first, second, secret }: Two): (() => Promise<boolean>)[] =>
  [first, second].map((each) => async () => (await each.ask(max, 'GET', '/secrets/{id}', undefined, { id: secret })).status === 200);

const refusedAtOnce = { sawIt: true, late: [] };

describe('what is revoked is refused to every request that begins after the answer, in every process', () => {
  test('an assignment', async () => {
    const two = await twoProcesses();
    await two.admin('POST', '/assignments', { id: 'maxs', principal: 'user:max', role: 'keeper', scope: '*' });
    const revoke = () => two.admin('DELETE', '/assignments/{assignment}', undefined, { assignment: 'maxs' });
    expect(await race(readsSecret(two), revoke)).toEqual(refusedAtOnce);
  });

  test("a group's assignment, and the membership of it", async () => {
    const two = await twoProcesses();
    await two.admin('POST', '/assignments', { id: 'teams', principal: 'group:team', role: 'keeper', scope: 'support' });
    expect(await race(readsSecret(two), () => two.admin('PATCH', '/members/{user}', { groups: [] }, { user: 'max' }))).toEqual(
      refusedAtOnce,
    );
    await two.admin('PATCH', '/members/{user}', { groups: ['team'] }, { user: 'max' });
    const revoke = () => two.admin('DELETE', '/assignments/{assignment}', undefined, { assignment: 'teams' });
    expect(await race(readsSecret(two), revoke)).toEqual(refusedAtOnce);
  });

  test('a permission of a role', async () => {
    const two = await twoProcesses();
    await two.admin('POST', '/assignments', { principal: 'user:max', role: 'keeper', scope: '*' });
    const revoke = () => two.admin('PUT', '/roles/{role}', { permissions: ['augmentations:*:execute'] }, { role: 'keeper' });
    expect(await race(readsSecret(two), revoke)).toEqual(refusedAtOnce);
  });

  test('a policy that allows, and a policy that denies', async () => {
    const two = await twoProcesses();
    await two.admin('POST', '/assignments', { principal: 'user:max', role: 'lister', scope: '*' });
    const revoke = () => two.admin('DELETE', '/policies/{policy}', undefined, { policy: 'list-secrets' });
    expect(await race(readsSecret(two), revoke)).toEqual(refusedAtOnce);
    await two.admin('POST', '/assignments', { principal: 'user:max', role: 'keeper', scope: '*' });
    const deny = { id: 'shut', effect: 'deny', resources: ['secrets'], scopes: ['support'], actions: ['read'], roles: ['keeper'] };
    expect(await race(readsSecret(two), () => two.admin('POST', '/policies', deny))).toEqual(refusedAtOnce);
  });

  test('a token, to the authorizers and to the apps', async () => {
    const two = await twoProcesses();
    const { setup, acme, world, token, first, second, secret } = two;
    const expiresAtMs = world.nowMs() + 86_400_000;
    const own = { token, name: 'max', role: 'keeper', scope: '*' as never, expiresAtMs, createdBy: 'user:ada' as never };
    await setup.ensureToken(acme, own);
    const actor = { org: 'acme', principal: 'token:maxstoken234567a' };
    const probes = [first, second].flatMap((each) => [
      () => each.letsIn(token),
      async () => (await each.ask(actor, 'GET', '/secrets/{id}', undefined, { id: secret })).status === 200,
    ]);
    const revoke = () => two.admin('DELETE', '/tokens/{token}', undefined, { token: 'maxstoken234567a' });
    expect(await race(probes, revoke)).toEqual(refusedAtOnce);
  });

  test('a member, and the tokens that it made', async () => {
    const two = await twoProcesses();
    const { setup, acme, world, token, first, second } = two;
    await two.admin('POST', '/assignments', { principal: 'user:max', role: 'keeper', scope: '*' });
    const expiresAtMs = world.nowMs() + 86_400_000;
    const own = { token, name: 'max', role: 'keeper', scope: '*' as never, expiresAtMs, createdBy: 'user:max' as never };
    await setup.ensureToken(acme, own);
    const probes = [...readsSecret(two), () => first.letsIn(token), () => second.letsIn(token)];
    expect(await race(probes, () => two.admin('PATCH', '/members/{user}', { status: 'suspended' }, { user: 'max' }))).toEqual(
      refusedAtOnce,
    );
    await two.admin('PATCH', '/members/{user}', { status: 'active' }, { user: 'max' });
    expect(await race(probes, () => two.admin('DELETE', '/members/{user}', undefined, { user: 'max' }))).toEqual(refusedAtOnce);
  });

  test("the right of a binding's author, to the resolvers", async () => {
    const two = await twoProcesses();
    const { first, second } = two;
    await two.admin('POST', '/assignments', { id: 'maxs', principal: 'user:max', role: 'keeper', scope: '*' });
    const place = { workspace: 'support', pipeline: 'triage' };
    const path = '/workspaces/{workspace}/pipelines/{pipeline}/secrets';
    expect((await first.ask(max, 'PUT', path, { names: ['API_KEY'] }, place)).status).toBe(200);
    const begun = await two.admin('POST', '/executions', { ...place, environment: 'production' });
    const probes = [first, second].map((each) => () => each.resolves(String(begun.ticket)));
    const revoke = () => two.admin('DELETE', '/assignments/{assignment}', undefined, { assignment: 'maxs' });
    expect(await race(probes, revoke)).toEqual(refusedAtOnce);
  });
});
