import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ProtectFixture, protectFixture } from '../../support/protect-fixture.ts';

const admin = 'acme/user:ada';
const scan = '/workspaces/support/protection/scan';
let protect: ProtectFixture;

beforeEach(() => {
  protect = protectFixture();
  for (const workspace of ['support', 'research']) protect.makeWorkspace('acme', workspace);
  protect.makeWorkspace('globex', 'support');
  protect.grant(admin, '*:*:*');
  protect.grant('globex/user:eve', '*:*:*');
  protect.grant('acme/user:vic', 'protection:*:read');
  protect.grant('acme/user:run', 'protection:support:execute');
});
afterEach(() => protect.close());

const policy = (more: object = {}) => ({ name: 'PII Redaction - All Workspaces', pii: { types: { email: 'redact' } }, ...more });
const makePolicy = (more: object = {}, who = admin) => protect.call(who, 'POST', '/protection/policies', { body: policy(more) });
const makeList = (more: object = {}, who = admin) =>
  protect.call(who, 'POST', '/protection/deny-lists', {
    body: { id: 'terms', name: 'Terms', entries: [{ type: 'phrase', value: 'Project Titan' }], ...more },
  });
const scanned = (text: string, more: object = {}, who = admin) =>
  protect.call(who, 'POST', scan, { body: { direction: 'input', text, ...more } });
const pointers = (reply: { body: { errors: { pointer: string }[] } }) => reply.body.errors.map(({ pointer }) => pointer);

describe('a protection policy', () => {
  test('is created with its defaults, read, replaced, listed and deleted, each change recorded', async () => {
    const made = await makePolicy({ id: 'pii' });
    expect(made).toMatchObject({
      status: 201,
      headers: { location: '/v1/orgs/acme/protection/policies/pii', etag: '"1"' },
      body: { id: 'pii', enabled: true, mode: 'enforce', workspaces: '*', denyLists: [], optional: [], version: 1 },
    });
    expect((await protect.call(admin, 'GET', '/protection/policies/pii')).body).toEqual(made.body);
    const put = await protect.call(admin, 'PUT', '/protection/policies/pii', { body: { ...made.body, mode: 'monitor' } });
    expect(put).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { mode: 'monitor', version: 2 } });
    expect((await protect.call(admin, 'GET', '/protection/policies')).body.items).toEqual([put.body]);
    expect((await protect.call(admin, 'DELETE', '/protection/policies/pii')).status).toBe(204);
    expect((await protect.call(admin, 'GET', '/protection/policies/pii')).status).toBe(404);
    const events = await protect.events();
    expect(events.map(({ type, action }) => [type, action])).toEqual([
      ['admin.policy_updated', 'create-protection-policy'],
      ['admin.policy_updated', 'put-protection-policy'],
      ['admin.policy_updated', 'delete-protection-policy'],
    ]);
    expect(events[1]?.changes).toEqual([{ path: '/mode', before: 'enforce', after: 'monitor' }]);
  });

  test("has an id of the caller's choice once", async () => {
    expect((await makePolicy({ id: 'pii' })).status).toBe(201);
    expect(await makePolicy({ id: 'pii' })).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect((await makePolicy({ id: 'pii' }, 'globex/user:eve')).status).toBe(201);
  });

  test('is replaced and deleted only at the version that `If-Match` names', async () => {
    await makePolicy({ id: 'pii' });
    const stale = { headers: { 'if-match': '"7"' } };
    expect(await protect.call(admin, 'PUT', '/protection/policies/pii', { body: policy(), ...stale })).toMatchObject({
      status: 412,
      body: { code: 'version-mismatch' },
    });
    expect((await protect.call(admin, 'DELETE', '/protection/policies/pii', stale)).status).toBe(412);
    expect((await protect.call(admin, 'DELETE', '/protection/policies/pii', { headers: { 'if-match': '"1"' } })).status).toBe(204);
  });

  test.each([
    [{ content: { offTopic: 'high' } }, 'policy-invalid', ['/content/domain']],
    [{ content: { offTopic: 'low', domain: { description: '?', examples: ['...'] } } }, 'policy-invalid', ['/content/domain']],
    [{ pii: undefined }, 'policy-invalid', ['/']],
    [{ pii: { types: {} }, content: { violence: 'off' }, secrets: 'off' }, 'policy-invalid', ['/']],
    [{ pii: { custom: [{ name: 'x', pattern: '(?=a)', action: 'log' }] } }, 'policy-invalid', ['/pii/custom/0/pattern']],
    [
      {
        pii: {
          custom: [
            { name: 'e mail', pattern: 'a', action: 'log' },
            { name: 'E_MAIL', pattern: 'b', action: 'log' },
          ],
        },
      },
      'policy-invalid',
      ['/pii/custom/1/name'],
    ],
    [{ pii: { custom: [{ name: 'Email', pattern: 'a', action: 'log' }] } }, 'policy-invalid', ['/pii/custom/0/name']],
    [{ pii: { types: { iban: 'log' } } }, 'validation-failed', ['/pii/types/iban']],
    [{ pii: { types: { email: 'eat' } } }, 'validation-failed', ['/pii/types/email']],
    [{ workspaces: ['support', 'nowhere'] }, 'validation-failed', ['/workspaces/1']],
    [{ workspaces: [] }, 'validation-failed', ['/workspaces']],
    [{ denyLists: ['none'] }, 'validation-failed', ['/denyLists/0']],
    [{ mode: 'watch' }, 'validation-failed', ['/mode']],
    [
      { pii: { types: { email: 'log' }, allow: Array.from({ length: 600 }, (_, n) => `${n}`.padEnd(499, 'x')) } },
      'validation-failed',
      ['/'],
    ],
    [{ optional: ['pii'] }, 'validation-failed', ['/optional/0']],
    [{ thresholds: 1 }, 'validation-failed', ['/thresholds']],
    [{ id: 'No' }, 'validation-failed', ['/id']],
  ])('is refused, never saved in part: %#', async (more, code, expected) => {
    const refused = await makePolicy(more);
    expect(refused).toMatchObject({ status: 422, body: { code } });
    expect(pointers(refused)).toEqual(expected);
    expect((await protect.call(admin, 'GET', '/protection/policies')).body.items).toEqual([]);
  });

  test('is for those who may write it; another organization finds nothing', async () => {
    await makePolicy({ id: 'pii' });
    expect((await makePolicy({}, 'acme/user:vic')).status).toBe(403);
    expect((await protect.call('acme/user:vic', 'GET', '/protection/policies/pii')).status).toBe(200);
    expect((await protect.call('acme/user:run', 'GET', '/protection/policies')).status).toBe(403);
    const foreign = await protect.call('globex/user:eve', 'GET', '/protection/policies/pii');
    const absent = await protect.call('globex/user:eve', 'GET', '/protection/policies/none');
    expect([foreign.status, absent.status]).toEqual([404, 404]);
  });

  test('changes one at a time: of many changes at once each is made, and the version counts them', async () => {
    await makePolicy({ id: 'pii' });
    const replies = await Promise.all(Array.from({ length: 4 }, (_, index) => makePolicy({ id: `p${index}` })));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await scanned('hello')).body.policyVersion).toBe(5);
  });

  test('keeps allowed values out of the audit log', async () => {
    await makePolicy({ pii: { types: { email: 'redact' }, allow: ['boss@acme.example'] } });
    expect(JSON.stringify(await protect.events())).not.toContain('boss');
  });
});

describe('a deny list', () => {
  test('is created with entries, read, renamed, refilled and deleted', async () => {
    const made = await makeList();
    expect(made).toMatchObject({ status: 201, headers: { etag: '"1"' }, body: { entryCount: 1, entries: [{ value: 'Project Titan' }] } });
    const renamed = await protect.call(admin, 'PUT', '/protection/deny-lists/terms', { body: { name: 'Names', workspaces: ['support'] } });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Names', entryCount: 1, version: 2 } });
    const refilled = await protect.call(admin, 'PUT', '/protection/deny-lists/terms', { body: { ...renamed.body, entries: [] } });
    expect(refilled).toMatchObject({ status: 200, body: { entryCount: 0, entries: [], version: 3 } });
    expect((await protect.call(admin, 'GET', '/protection/deny-lists')).body.items).toMatchObject([{ id: 'terms', entryCount: 0 }]);
    expect((await protect.call(admin, 'DELETE', '/protection/deny-lists/terms')).status).toBe(204);
    expect((await protect.call(admin, 'GET', '/protection/deny-lists/terms')).status).toBe(404);
  });

  test('takes one entry or several, lists them by pages, and gives them up by id', async () => {
    await makeList({ entries: [] });
    const path = '/protection/deny-lists/terms/entries';
    const one = await protect.call(admin, 'POST', path, { body: { id: 'first', type: 'keyword', value: 'confidential', note: 'why' } });
    expect(one).toMatchObject({ status: 201, headers: { location: `/v1/orgs/acme${path}/first` }, body: { id: 'first', note: 'why' } });
    const entries = Array.from({ length: 7 }, (_, index) => ({ type: 'phrase', value: `term ${index}` }));
    expect((await protect.call(admin, 'POST', path, { body: { entries } })).body.items).toHaveLength(7);
    const values: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await protect.call(admin, 'GET', path, { query: { limit: '3', ...(cursor === undefined ? {} : { cursor }) } });
      values.push(...page.body.items.map(({ value }: { value: string }) => value));
      cursor = page.body.nextCursor;
    } while (cursor !== undefined);
    expect(values).toEqual(['confidential', ...entries.map(({ value }) => value)]);
    expect((await protect.call(admin, 'DELETE', path, { query: { id: ['first', 'none'] } })).status).toBe(404);
    expect((await protect.call(admin, 'DELETE', path, { query: { id: 'first' } })).status).toBe(204);
    expect((await protect.call(admin, 'DELETE', `${path}/first`)).status).toBe(404);
    expect((await protect.call(admin, 'DELETE', path)).status).toBe(422);
    expect((await protect.call(admin, 'GET', '/protection/deny-lists/terms')).body.entryCount).toBe(7);
  });

  test('never shows its terms to the audit log', async () => {
    await makeList();
    await protect.call(admin, 'POST', '/protection/deny-lists/terms/entries', { body: { type: 'keyword', value: 'moonbase' } });
    const events = JSON.stringify(await protect.events());
    expect(events).not.toMatch(/titan|moonbase/i);
    expect(events).toContain('add-deny-entries');
  });

  test.each([
    [[{ type: 'regex', value: '(a' }], 422, '/entries/0/value', '(a'],
    [[{ type: 'regex', value: 'x{600}y{700}' }], 422, '/entries/0/value', '{700}'],
    [[{ type: 'phrase', value: '  ' }], 422, '/entries/0/value', 'empty'],
    [[{ type: 'word', value: 'a' }], 422, '/entries/0/type', ''],
    [[{ type: 'phrase', value: 'PROJECT  titan' }], 409, '/entries/0/value', 'already'],
    [
      [
        { type: 'keyword', value: 'a' },
        { type: 'keyword', value: 'A' },
      ],
      409,
      '/entries/1/value',
      'already',
    ],
  ])('refuses entries that cannot be run or stand twice: %j', async (entries, status, pointer, fragment) => {
    await makeList();
    const refused = await protect.call(admin, 'POST', '/protection/deny-lists/terms/entries', { body: { entries } });
    expect(refused.status).toBe(status);
    expect(refused.body.errors).toMatchObject([{ pointer }]);
    expect(refused.body.errors[0].detail).toContain(fragment);
    expect((await protect.call(admin, 'GET', '/protection/deny-lists/terms')).body.entryCount).toBe(1);
  });

  test('that a policy names cannot be deleted', async () => {
    await makeList();
    await makePolicy({ id: 'deny', denyLists: ['terms'] });
    expect(await protect.call(admin, 'DELETE', '/protection/deny-lists/terms')).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await protect.call(admin, 'DELETE', '/protection/policies/deny');
    expect((await protect.call(admin, 'DELETE', '/protection/deny-lists/terms')).status).toBe(204);
  });

  test('of tens of thousands of entries lies in segments, is paged and scanned', async () => {
    await makeList({ entries: [] });
    for (let part = 0; part < 3; part += 1) {
      const entries = Array.from({ length: 9_000 }, (_, index) => ({
        type: 'phrase',
        value: `secret plan ${part} number ${index} of ours`,
      }));
      const reply = await protect.call(admin, 'POST', '/protection/deny-lists/terms/entries', { body: { entries } });
      expect(reply.status).toBe(201);
    }
    await makePolicy({ denyLists: ['terms'] });
    expect((await protect.call(admin, 'GET', '/protection/deny-lists/terms')).body).toMatchObject({ entryCount: 27_000 });
    expect((await scanned('the SECRET plan 2 number  8999 of ours')).body.action).toBe('block');
    expect((await scanned('the secret plan 2 number 9000 of ours')).body.action).toBe('allow');
    expect((await protect.call(admin, 'DELETE', '/protection/deny-lists/terms')).status).toBe(409);
  });
});

describe('a scan', () => {
  test('without policies allows, and writes nothing', async () => {
    const rows = await protect.countRows();
    expect(await scanned('mail a@b.example')).toMatchObject({
      status: 200,
      body: { action: 'allow', text: 'mail a@b.example', findings: [] },
    });
    expect(await protect.countRows()).toBe(rows);
  });

  test('redacts, and its activation is durable and holds no character of the value', async () => {
    await makePolicy({ id: 'pii' });
    const reply = await scanned('mail zoe@hidden.example and bob@hidden.example');
    expect(reply.body).toMatchObject({
      action: 'redact',
      text: 'mail [EMAIL_REDACTED] and [EMAIL_REDACTED]',
      findings: [
        { policy: 'pii', type: 'pii', category: 'email', start: 5, end: 23, action: 'redact' },
        { start: 28, end: 46 },
      ],
      policyVersion: 1,
    });
    const activations = (await protect.events()).filter(({ type }) => type === 'protection.triggered');
    expect(activations).toMatchObject([
      {
        workspace: 'support',
        outcome: 'success',
        details: {
          policy: 'pii',
          version: 1,
          type: 'pii',
          category: 'email',
          token: '[EMAIL_REDACTED]',
          action: 'redact',
          direction: 'input',
          count: 2,
        },
      },
    ]);
    expect(await protect.rows()).not.toContain('hidden.example');
    expect(protect.logLines.join()).not.toContain('hidden.example');
  });

  test('blocks with HTTP 200, an error and no text', async () => {
    await makeList();
    await makePolicy({ id: 'deny', denyLists: ['terms'] });
    const reply = await scanned('on project titan', { direction: 'output' });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      action: 'block',
      error: { code: 'deny-list-match' },
      findings: [{ type: 'denyList', start: 3, end: 16 }],
    });
    expect(reply.text).not.toContain('titan');
    const [activation] = (await protect.events()).filter(({ type }) => type === 'protection.triggered');
    expect(activation).toMatchObject({ outcome: 'denied', details: { type: 'denyList', action: 'block', direction: 'output' } });
    expect(JSON.stringify(activation)).not.toMatch(/titan/i);
  });

  test('follows a change from the next request on, in another process too', async () => {
    const other = protect.start();
    const there = (text: string) => protect.call(admin, 'POST', scan, { body: { direction: 'input', text } }, other);
    expect((await there('a@b.example')).body.action).toBe('allow');
    await makePolicy({ id: 'pii' });
    expect((await there('a@b.example')).body.action).toBe('redact');
    await makeList();
    await protect.call(admin, 'PUT', '/protection/policies/pii', { body: policy({ denyLists: ['terms'] }) });
    expect((await there('project titan')).body.action).toBe('block');
    await protect.call(admin, 'PUT', '/protection/deny-lists/terms', { body: { name: 'Terms', entries: [] } });
    expect((await there('project titan')).body.action).toBe('allow');
    await protect.call(admin, 'DELETE', '/protection/policies/pii');
    expect((await there('a@b.example')).body.action).toBe('allow');
  });

  test('takes the policies and lists of its workspace, where both scopes meet', async () => {
    await makeList({ workspaces: ['research'] });
    await makePolicy({ id: 'all', pii: undefined, denyLists: ['terms'] });
    await makePolicy({ id: 'support', workspaces: ['support'] });
    const in_ = (workspace: string, text: string) =>
      protect.call(admin, 'POST', `/workspaces/${workspace}/protection/scan`, { body: { direction: 'input', text } });
    expect((await in_('support', 'project titan')).body.action).toBe('allow');
    expect((await in_('research', 'project titan')).body.action).toBe('block');
    expect((await in_('support', 'a@b.example')).body.action).toBe('redact');
    expect((await in_('research', 'a@b.example')).body.action).toBe('allow');
  });

  test('of messages finds by path and gives the messages back', async () => {
    await makePolicy();
    const messages = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: [{ type: 'text', text: 'I am a@b.example' }], 'odd/key~': 'c@d.example' },
    ];
    const reply = await protect.call(admin, 'POST', scan, { body: { direction: 'input', messages } });
    expect(reply.body).toMatchObject({
      action: 'redact',
      messages: [messages[0], { role: 'user', content: [{ type: 'text', text: 'I am [EMAIL_REDACTED]' }], 'odd/key~': '[EMAIL_REDACTED]' }],
      findings: [{ path: '/messages/1/content/0/text', start: 5 }, { path: '/messages/1/odd~1key~0' }],
    });
    expect('text' in reply.body).toBe(false);
  });

  test('takes pipeline and step from a ticket of this organization and workspace, and refuses any other', async () => {
    await makePolicy();
    const ticket = await protect.ticketFor({ org: 'acme', step: 'draft' });
    expect((await scanned('a@b.example', { ticket, step: 'draft' })).status).toBe(200);
    const [activation] = (await protect.events()).filter(({ type }) => type === 'protection.triggered');
    expect(activation?.details).toMatchObject({ pipeline: 'answer', step: 'draft' });
    expect((await scanned('hi', { ticket, step: 'other' })).status).toBe(403);
    expect((await scanned('hi', { ticket: `${ticket.slice(0, -2)}AA` })).status).toBe(403);
    expect((await scanned('hi', { ticket: await protect.ticketFor({ org: 'acme', workspace: 'research' }) })).status).toBe(403);
    expect((await scanned('hi', { ticket: await protect.ticketFor({ org: 'globex' }) })).status).toBe(403);
    protect.clock.advance(61_000);
    expect((await scanned('hi', { ticket })).status).toBe(403);
  });

  test('is for those who may execute protection there', async () => {
    expect((await scanned('hi', {}, 'acme/user:run')).status).toBe(200);
    const elsewhere = await protect.call('acme/user:run', 'POST', '/workspaces/research/protection/scan', {
      body: { direction: 'input', text: 'hi' },
    });
    const nowhere = await protect.call('acme/user:run', 'POST', '/workspaces/nowhere/protection/scan', {
      body: { direction: 'input', text: 'hi' },
    });
    expect([elsewhere.status, nowhere.status]).toEqual([404, 404]);
    expect((await scanned('hi', {}, 'acme/user:vic')).status).toBe(403);
  });

  test.each([
    [{ direction: 'input' }, '/text'],
    [{ direction: 'input', text: 'a', messages: [{ role: 'user' }] }, '/text'],
    [{ direction: 'sideways', text: 'a' }, '/direction'],
    [{ text: 'a' }, '/direction'],
    [{ direction: 'input', messages: [{ role: 'demon', content: 'a' }] }, '/messages/0/role'],
  ])('refuses %j', async (body, pointer) => {
    const refused = await protect.call(admin, 'POST', scan, { body });
    expect(refused.status).toBe(422);
    expect(pointers(refused)).toEqual([pointer]);
  });

  test('keeps no text for replays of an idempotency key', async () => {
    await makePolicy();
    const body = { direction: 'input', text: 'keepsake a@b.example' };
    const again = () => protect.call(admin, 'POST', scan, { body, headers: { 'idempotency-key': 'k1' } });
    expect((await again()).body.action).toBe('redact');
    expect((await again()).body.action).toBe('redact');
    expect(await protect.rows()).not.toContain('keepsake');
  });

  test('whose pattern takes too much work has no verdict', async () => {
    await makePolicy({ pii: { custom: [{ name: 'hungry', pattern: 'x*y|x', action: 'log' }] } });
    expect(await scanned('x'.repeat(60_000))).toMatchObject({ status: 422, body: { code: 'policy-invalid' } });
  });

  test('with more findings than an answer can hold is refused, and recorded', async () => {
    await makePolicy();
    expect(await scanned('a@b.example '.repeat(10_001))).toMatchObject({ status: 413, body: { code: 'payload-too-large' } });
    expect((await protect.events()).at(-1)).toMatchObject({ type: 'protection.triggered', details: { count: 10_001 } });
  });
});
