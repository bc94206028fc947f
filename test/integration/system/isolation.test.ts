import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canary, openWalk, paramsOfPath, type Walk } from '../../support/route-walk.ts';
import type { Actor, Answered, AnyRoute, Params } from '../../support/service-requests.ts';

const admin: Actor = { org: 'acme', principal: 'user:ada' };
const outsider: Actor = { org: 'globex', principal: 'user:ada' };
/** A member without any grant. */
const nobody: Actor = { org: 'acme', principal: 'user:nobody' };
/** Admin of another workspace. */
const elsewhere: Actor = { org: 'acme', principal: 'user:elsewhere' };
/** Admin below the workspace that everything is made in, and beside what was made there. */
const below: Actor = { org: 'acme', principal: 'user:below' };
const beside: Actor = { org: 'acme', principal: 'user:beside' };

const nameOf = ({ method, path }: AnyRoute): string => `${method} ${path}`;
const isMember = ({ permission }: AnyRoute): boolean => permission === 'member';
const isAnywhere = ({ permission }: AnyRoute): boolean => typeof permission === 'object' && permission.anywhere === true;
/** A route of the organization as a whole. */
const isOwn = ({ permission }: AnyRoute): boolean => typeof permission === 'object' && permission.scope === '*';
const writes = ({ event }: AnyRoute): boolean => 'type' in event;

let walk: Walk;
/** An item's own parameters, by the path of the route. */
const items = new Map<string, Params>();
let missing: Answered;

const params = (route: AnyRoute, own: Params = items.get(route.path) ?? {}): Params => {
  const names = paramsOfPath(route.path);
  return Object.fromEntries(names.map((name) => [name, name === 'org' ? 'acme' : (own[name] ?? '')]));
};
const itemNames = (route: AnyRoute): string[] => paramsOfPath(route.path).filter((name) => name !== 'org');

const ask = (
  actor: Actor,
  route: AnyRoute,
  { params: given = params(route), workspace = 'support' }: { params?: Params; workspace?: string } = {},
) => {
  const query = walk.queryOf(route);
  return walk.send(actor, route, { params: given, body: walk.bodyOf(route, workspace), ...(query === undefined ? {} : { query }) });
};

/** Names that everybody knows, for parameters whose items cannot be listed. */
const fixed: Params = { workspace: 'support', pipeline: 'triage', step: 'answer', endpoint: 'chat', n: '1', proxy: '0/000', user: 'ada' };

/** Ids of what was made, by the path that it was made at. */
const made = new Map<string, string>();

/** Makes what a table says can be made, and remembers its id. */
const make = async (route: AnyRoute): Promise<void> => {
  const answer = await ask(admin, route);
  const id = answer.status === 201 || answer.status === 202 ? (JSON.parse(answer.text).id as unknown) : undefined;
  if (typeof id === 'string') made.set(route.path, id);
};

/** Finds one item of each path by its list, and of those below it. */
const findItems = async (): Promise<void> => {
  for (const route of walk.routes) {
    const found: Record<string, string> = {};
    const parts = route.path.split('/');
    for (const [index, part] of parts.entries()) {
      const [name] = paramsOfPath(part);
      if (name === undefined || name === 'org') continue;
      const parent = parts.slice(0, index).join('/');
      const list = walk.routes.find((each) => each.method === 'GET' && each.path === parent);
      const listed = list === undefined ? undefined : await walk.send(admin, list, { params: params(list, found) });
      const all: Record<string, unknown>[] = listed?.status === 200 ? (JSON.parse(listed.text).items ?? []) : [];
      const item = all.findLast(({ builtIn }) => builtIn !== true);
      const id = fixed[name] ?? made.get(parent) ?? (typeof item?.[name] === 'string' ? item[name] : item?.id);
      if (typeof id === 'string') found[name] = id;
    }
    items.set(route.path, found);
  }
};

beforeAll(async () => {
  walk = await openWalk();
  const post = async (path: string, body: object) => {
    const route = walk.routes.find((each) => each.method === 'POST' && each.path === `/v1/orgs/{org}${path}`);
    if (route === undefined) throw new Error(`there is no route to make ${path}`);
    const answer = await walk.send(admin, route, { params: { org: 'acme' }, body });
    if (answer.status !== 201) throw new Error(answer.text);
  };
  for (const id of ['nobody', 'elsewhere', 'below', 'beside'])
    await post('/members', { id, email: `${id}@acme.test`, name: id, status: 'active' });
  await post('/assignments', { principal: elsewhere.principal, role: 'admin', scope: 'research' });
  await post('/assignments', { principal: below.principal, role: 'admin', scope: 'support/bot' });
  await post('/assignments', { principal: beside.principal, role: 'admin', scope: 'support/web/eu' });
  const makes = ({ method, answers }: AnyRoute) => method === 'PUT' || (method === 'POST' && (answers[201] ?? answers[202]) !== undefined);
  // Whatever a table says can be made is made: what stands by itself first, then what stands in it.
  for (const depth of [0, 1, 2, 3]) {
    await findItems();
    for (const route of walk.routes) if (makes(route) && itemNames(route).length === depth) await make(route);
  }
  made.set('/v1/orgs/{org}/audit/events', await walk.eventIdIn('acme', 'support'));
  await findItems();
  const read = walk.routes.find((each) => nameOf(each) === 'GET /v1/orgs/{org}/roles/{role}');
  if (read === undefined) throw new Error('there is no route to read a role');
  missing = await walk.send(admin, read, { params: { org: 'acme', role: 'no-such-role' } });
  await walk.changesSince();
}, 60_000);
afterAll(() => walk.close());

/** One well-formed value besides the item's own. */
const unknownOf = (route: AnyRoute, name: string, own: string): string => {
  const candidates = [
    name === 'workspace' ? 'nowhere' : '',
    name === 'n' ? '999' : '',
    `${own.slice(0, -1)}${own.endsWith('a') ? 'b' : 'a'}`,
    'unknown',
  ];
  const fits = candidates.find((value) => value !== own && route.params?.safeParse({ ...items.get(route.path), [name]: value }).success);
  if (fits === undefined) throw new Error(`no other value fits \`${name}\` of ${nameOf(route)}`);
  return fits;
};

/** Values that name nothing, each close to the item's own. */
const malformedOf = (own: string): string[] => {
  const first = String.fromCodePoint((own.codePointAt(0) ?? 0x21) + 0xfee0);
  const all = [
    own.toUpperCase(),
    `${own.charAt(0).toUpperCase()}${own.slice(1)}`,
    `${first}${own.slice(1)}`,
    `${own}\u0301`,
    `${own}\u200b`,
    `${own}\n`,
    `${own}\r\n`,
    `${own} `,
    ` ${own}`,
    `${own}\u0000`,
    `${own}/`,
    `${own}/..`,
    `../${own}`,
    `${own}.`,
    `${own}%00`,
    `${own}#`,
    `${own},${own}`,
    '*',
    '..',
    '__proto__',
    'x'.repeat(300),
  ];
  return all.filter((value) => value !== own);
};

/** Runs a check of every route, and says at once of all that do not hold. */
const everyRoute = async (check: (route: AnyRoute) => Promise<readonly string[]>, of: (route: AnyRoute) => boolean = () => true) => {
  const faults: string[] = [];
  for (const route of walk.routes.filter(of)) {
    for (const fault of await check(route)) faults.push(`${nameOf(route)}: ${fault}`);
    const changes = await walk.changesSince();
    if (changes.length > 0) faults.push(`${nameOf(route)}: changed ${changes.join(', ')}`);
  }
  expect(faults).toEqual([]);
};

const unlike = (answer: Answered, wanted: Answered, what: string): string[] =>
  answer.bytes === wanted.bytes ? [] : [`${what}: ${answer.bytes.slice(0, 400)}`];

const notStatus = (answer: Answered, statuses: readonly number[], what: string): string[] =>
  statuses.includes(answer.status) ? [] : [`${what}: ${answer.status} ${answer.text.slice(0, 300)}`];

const plain = ({ bytes }: Answered): string => bytes.replaceAll('nowhere', '…').replaceAll('support', '…');

describe('the walk itself', () => {
  test('knows an item for every parameter of every route', () => {
    const lacking = walk.routes.flatMap((route) =>
      itemNames(route)
        .filter((name) => !items.get(route.path)?.[name])
        .map((name) => `${nameOf(route)}: ${name}`),
    );
    expect(lacking).toEqual([]);
  });

  test('makes a body that each route takes', () => {
    const refused = walk.routes
      .filter((route) => route.body !== undefined && !route.body.safeParse(walk.bodyOf(route)).success)
      .map(nameOf);
    expect(refused).toEqual([]);
  });

  test('and a refusal says no more than the constant words', () => {
    expect(JSON.parse(missing.text)).toMatchObject({ status: 404, code: 'not-found', detail: 'there is nothing here that you may see' });
  });
});

describe('another organization', () => {
  test('answers every route as if nothing were there, whether or not the item or the organization exists', async () => {
    await everyRoute(async (route) => {
      const faults = unlike(await ask(outsider, route), missing, 'an item that exists');
      faults.push(
        ...unlike(await walk.send(outsider, route, { params: params(route), body: 'no body at all' }), missing, 'with a bad body'),
      );
      for (const org of ['nowhere', 'globex2', 'ACME', 'acme\n', 'acme ', '\uff41cme', 'acme/', '..']) {
        faults.push(...unlike(await ask(outsider, route, { params: { ...params(route), org } }), missing, JSON.stringify(org)));
        faults.push(
          ...unlike(await ask(admin, route, { params: { ...params(route), org } }), missing, `own admin, ${JSON.stringify(org)}`),
        );
      }
      return faults;
    });
  });
});

describe('an id close to one that exists', () => {
  test('names nothing: another case, Unicode form or trailing characters answer the same bytes, also for an Admin', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        for (const name of itemNames(route)) {
          for (const value of malformedOf(params(route)[name] ?? '')) {
            // The rest of a path is no item: whoever may not read there is refused whatever it says.
            for (const actor of route.path.includes('+}') ? [admin] : [admin, nobody]) {
              const given = { ...items.get(route.path), [name]: value };
              const answer = await ask(actor, route, { params: { ...params(route), ...given } });
              const fits = route.params?.safeParse(given).success === true;
              const unknown = { ...params(route), [name]: unknownOf(route, name, params(route)[name] ?? '') };
              const wanted = fits ? await ask(actor, route, { params: unknown }) : missing;
              faults.push(...unlike(answer, wanted, `${name} ${JSON.stringify(value.slice(0, 40))} for ${actor.principal}`));
            }
          }
        }
        return faults;
      },
      (route) => itemNames(route).length > 0,
    );
  });

  test('an unknown one answers 404 to an Admin, and an unknown workspace always does', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        for (const name of itemNames(route)) {
          // A binding or a step's settings are made by PUT: their names are free.
          if (route.method === 'PUT' && name !== 'workspace' && itemNames(route).includes('workspace')) continue;
          if (name === 'pipeline' || name === 'step' || name === 'endpoint') continue;
          const value = unknownOf(route, name, params(route)[name] ?? '');
          faults.push(...unlike(await ask(admin, route, { params: { ...params(route), [name]: value } }), missing, `unknown ${name}`));
        }
        return faults;
      },
      (route) => itemNames(route).length > 0,
    );
  });

  test('a body that names an unknown workspace is 422, also for an Admin', async () => {
    await everyRoute(
      async (route) => notStatus(await ask(admin, route, { workspace: 'nowhere' }), [422, 404], 'a body about `nowhere`'),
      (route) => writes(route) && JSON.stringify(walk.bodyOf(route) ?? '') !== JSON.stringify(walk.bodyOf(route, 'nowhere') ?? ''),
    );
  });
});

describe('another workspace', () => {
  test('an item that exists and one that does not are told apart by nothing', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        for (const actor of [nobody, elsewhere]) {
          const real = await ask(actor, route);
          const who = actor.principal;
          faults.push(...notStatus(real, [403, 404], `${who}, the item`));
          if (itemNames(route).includes('workspace') && !isOwn(route)) faults.push(...unlike(real, missing, `${who}, a workspace's item`));
          for (const name of itemNames(route)) {
            const value = unknownOf(route, name, params(route)[name] ?? '');
            const unknown = await ask(actor, route, {
              params: { ...params(route), [name]: value },
              workspace: name === 'workspace' ? value : 'support',
            });
            faults.push(...unlike(unknown, real, `${who}, unknown ${name}`));
          }
        }
        return faults;
      },
      (route) => itemNames(route).length > 0 && !isMember(route),
    );
  });

  test('nor are a body about it and one about a workspace that does not exist', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        for (const actor of [nobody, elsewhere]) {
          const real = await ask(actor, route);
          const unknown = await ask(actor, route, { workspace: 'nowhere' });
          if (!isMember(route) && !isAnywhere(route)) faults.push(...notStatus(real, [403, 404], actor.principal));
          if (plain(real) !== plain(unknown))
            faults.push(`${actor.principal}: ${plain(real).slice(0, 300)} against ${plain(unknown).slice(0, 300)}`);
        }
        return faults;
      },
      (route) => itemNames(route).length === 0 && route.method !== 'GET',
    );
  });

  test('nor do lists tell of it, whatever they are filtered by', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        const filters = Object.keys(route.query?.shape ?? {});
        for (const actor of [nobody, elsewhere]) {
          const answer = await ask(actor, route);
          if (answer.text.includes(canary)) faults.push(`${actor.principal} reads ${answer.text.slice(0, 300)}`);
          for (const name of filters.filter((each) => ['workspace', 'scope', 'resource', 'principal', 'namePrefix', 'q'].includes(each))) {
            const values = name === 'namePrefix' || name === 'q' ? [canary, 'NOTHING'] : ['support', 'nowhere'];
            const answers = [];
            for (const value of values) {
              answers.push(await walk.send(actor, route, { params: params(route), query: { ...walk.queryOf(route), [name]: value } }));
            }
            const [one, other] = answers.map((each) => plain(each).replaceAll(canary, '…').replaceAll('NOTHING', '…'));
            if (one !== other) faults.push(`${actor.principal}, ${name}: ${one?.slice(0, 300)} against ${other?.slice(0, 300)}`);
          }
        }
        return faults;
      },
      (route) => route.method === 'GET' && itemNames(route).length === 0 && !route.path.includes('/audit/'),
    );
  });
});

describe('a parent and a sibling scope', () => {
  test('whoever holds all below, or beside, neither reads nor changes what lies above', async () => {
    await everyRoute(
      async (route) => {
        const faults: string[] = [];
        for (const actor of [below, beside]) {
          const answer = await ask(actor, route);
          if (isMember(route) || isAnywhere(route)) {
            if (answer.text.includes(canary)) faults.push(`${actor.principal} reads ${answer.text.slice(0, 300)}`);
          } else faults.push(...notStatus(answer, [403, 404], actor.principal));
        }
        return faults;
      },
      (route) => !route.path.includes('/audit/events'),
    );
  });
});

describe('and the Admin of the organization', () => {
  test('is answered on each of these routes: what the others were refused is there', async () => {
    const refused: string[] = [];
    const order = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
    // Nothing is sealed here, so there is no log to read.
    const answering = walk.routes.filter(({ path }) => !path.includes('/audit/log/'));
    for (const route of answering.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method))) {
      const query = walk.queryOf(route);
      const headers: Record<string, string> = route.method === 'GET' || route.method === 'POST' ? {} : { 'if-match': '"999999"' };
      const asking = { params: params(route), body: walk.bodyOf(route), headers, ...(query === undefined ? {} : { query }) };
      const answer = await walk.send(admin, route, asking);
      if ([401, 403, 404, 405].includes(answer.status) || answer.status >= 500)
        refused.push(`${nameOf(route)}: ${answer.status} ${answer.text}`);
      else if (answer.status === 422) refused.push(`${nameOf(route)}: ${answer.text}`);
    }
    expect(refused).toEqual([]);
  });
});
