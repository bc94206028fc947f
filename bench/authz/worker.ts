// One measurement in a process of its own: `node --expose-gc worker.ts '<job>'` writes one line of JSON.
import { join } from 'node:path';
import { argv, cpuUsage, exit, hrtime, memoryUsage, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { decide } from '../../functions/authz/domain/decide.ts';
import type { Assignment } from '../../functions/authz/domain/model.ts';
import { type Directory, type Holding, whoCan } from '../../functions/authz/domain/who-can.ts';
import { parsePermission } from '../../functions/shared/kernel/permission.ts';
import type { Principal } from '../../functions/shared/kernel/principal.ts';
import { everywhere, type Scope } from '../../functions/shared/kernel/scope.ts';
import { referenceDecide } from '../../test/support/authz-reference.ts';
import { quantile } from '../report.ts';
import { compileOrganization } from './compiled-organization.ts';
import { type Engine, name as ownName, type SimpleCheck, type SimpleWorkload, setup as setUpOwn } from './engine.ts';
import { largeOrganization, makeOrganization, type Organization, type Question } from './organization.ts';

export type Job =
  /** Without a module: this engine. */
  | { readonly kind: 'simple'; readonly folder: string; readonly module?: string }
  | { readonly kind: 'organization' }
  | { readonly kind: 'who-can' }
  | { readonly kind: 'growth'; readonly assignments: number; readonly by: 'others' | 'one' };

interface Adapter {
  readonly name: string;
  readonly limits?: { readonly throughput?: number; readonly latency?: number; readonly warm?: number };
  readonly isAsync?: boolean;
  readonly setup: (workload: SimpleWorkload) => Engine | Promise<Engine>;
}

/** Checks at most, and seconds at most, of each measurement: engines differ by four orders of magnitude. */
const mostChecks = 1_000_000;
const mostMs = 4_000;
/** Reading the clock costs as much as several checks. */
const clockEvery = 1_024;
/** One of so many users is busy. */
const busyShare = 20;
/** Checks before the measurement, for the just-in-time compiler. */
const warmUp = 300_000;
const cpuMs = (): number => {
  const { user, system } = cpuUsage();
  return (user + system) / 1_000;
};

const load = async (module: string): Promise<unknown> => import(pathToFileURL(module).href);

const workloadOf = async (folder: string, options: object): Promise<SimpleWorkload> => {
  const { makeWorkload } = (await load(join(folder, 'workload.mjs'))) as { makeWorkload: (given: object) => SimpleWorkload };
  return makeWorkload(options);
};

/** Asks all of them, again and again, until enough were asked. @returns how many, and the CPU time */
const passes = (count: number, ask: (index: number) => void, most = mostChecks): { readonly asked: number; readonly ms: number } => {
  const started = cpuMs();
  let asked = 0;
  for (let index = 0; asked < most; index = index + 1 === count ? 0 : index + 1) {
    ask(index);
    asked += 1;
    if (asked % clockEvery === 0 && cpuMs() - started > mostMs) break;
  }
  return { asked, ms: cpuMs() - started };
};

const latencies = (count: number, ask: (index: number) => void): { readonly p50: number; readonly p99: number } => {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const started = hrtime.bigint();
    ask(index);
    times[index] = Number(hrtime.bigint() - started) / 1_000;
  }
  const sorted = [...times.sort()];
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
};

const perSecond = ({ asked, ms }: { readonly asked: number; readonly ms: number }): number => Math.round((asked / ms) * 1_000);

const collect = (): void => {
  for (let round = 0; round < 4; round += 1) global.gc?.();
};

const megabytes = (bytes: number): number => bytes / 1_048_576;

const own: Adapter = { name: ownName, setup: setUpOwn };

const simple = async ({ folder, module }: { folder: string; module?: string }): Promise<object> => {
  const workload = await workloadOf(folder, {});
  const { name, limits, isAsync, setup } = module === undefined ? own : ((await load(module)) as Adapter);
  if (isAsync === true) throw new Error(`\`${name}\` answers later, which this worker does not wait for`);
  collect();
  const heap = memoryUsage().heapUsed;
  const engine = await setup(workload);
  collect();
  const heapMb = megabytes(memoryUsage().heapUsed - heap);
  const checks = workload.checks.slice(0, limits?.throughput ?? workload.checks.length);
  let wrong = 0;
  const ask = (index: number): void => {
    const check = checks[index] as SimpleCheck;
    if (engine.check(check) !== check.expected) wrong += 1;
  };
  passes(checks.length, ask, limits === undefined ? warmUp : (limits.warm ?? clockEvery));
  const run = passes(checks.length, ask);
  return { name, perSecond: perSecond(run), ...latencies(Math.min(checks.length, limits?.latency ?? checks.length), ask), heapMb, wrong };
};

const asker = (questions: readonly Question[], grantsOf: (user: string) => Parameters<typeof decide>[0]) => (index: number) => {
  const { user, resource, scope, action, inputs } = questions[index] as Question;
  return decide(grantsOf(user), resource, scope, action, inputs);
};

/** @returns how many of some answers differ from those of the slow evaluator, matches included */
const wrongOf = ({ roles, policies, assignments, groupsOf, questions }: Organization, ask: ReturnType<typeof asker>): number => {
  const of = Map.groupBy(assignments, ({ principal }) => principal as string);
  const rolesById = new Map(roles.map((role) => [role.id, role]));
  const sample = 2_000;
  let wrong = 0;
  for (let index = 0; index < sample; index += 1) {
    const { user, resource, scope, action, inputs } = questions[index] as Question;
    const own = [user, ...(groupsOf.get(user) ?? [])].flatMap((principal) => of.get(principal) ?? []);
    const held = [...new Set(own.map(({ role }) => role))].flatMap((id) => rolesById.get(id) ?? []);
    const slow = referenceDecide({ roles: held, policies, assignments: own }, [resource, scope, action], inputs);
    const fast = ask(index);
    const texts = (matched: readonly object[]): string =>
      JSON.stringify(matched.map((match) => JSON.stringify(Object.entries(match).sort())).sort());
    if (fast.allowed !== slow.allowed || texts(fast.matched) !== texts(slow.matched)) wrong += 1;
  }
  return wrong;
};

const organization = (): object => {
  const made = makeOrganization(largeOrganization);
  const { questions, groupsOf } = made;
  collect();
  const heap = memoryUsage().heapUsed;
  const compiled = compileOrganization(made);
  const users = [...groupsOf.keys()];
  for (const user of users) compiled.grantsOf(user);
  collect();
  const compiledMb = megabytes(memoryUsage().heapUsed - heap);
  const ask = asker(questions, compiled.grantsOf);
  passes(questions.length, ask, warmUp);
  const run = passes(questions.length, ask);
  collect();
  const warmMb = megabytes(memoryUsage().heapUsed - heap);
  const busy = new Set(users.slice(0, users.length / busyShare));
  const ofBusy = asker(
    questions.filter(({ user }) => busy.has(user)),
    compiled.grantsOf,
  );
  const busyCount = questions.filter(({ user }) => busy.has(user)).length;
  passes(busyCount, ofBusy, warmUp);
  const busyRun = passes(busyCount, ofBusy);
  const heldBy = users.map((user) => compiled.grantsOf(user).held.length).sort((a, b) => a - b);
  const firstChecks = latencies(users.length, (index) => {
    const question = questions[index] as Question;
    decide(compiled.compile(question.user), question.resource, question.scope, question.action, question.inputs);
  });
  let allowed = 0;
  let weighed = 0;
  for (let index = 0; index < questions.length; index += 1) {
    const decision = ask(index);
    if (decision.allowed) allowed += 1;
    if (decision.matched.length > 1) weighed += 1;
  }
  return {
    perSecond: perSecond(run),
    busyPerSecond: perSecond(busyRun),
    ...latencies(questions.length, ask),
    cold: firstChecks,
    compiledMb,
    warmMb,
    heldMedian: quantile(heldBy, 0.5),
    heldMost: heldBy.at(-1) ?? 0,
    allowedShare: allowed / questions.length,
    severalShare: weighed / questions.length,
    wrong: wrongOf(made, ask),
  };
};

/** The same questions of the same principals, while others come; or while one of them is given more and more elsewhere. */
const growth = ({ assignments, by }: { assignments: number; by: 'others' | 'one' }): object => {
  const same = { ...largeOrganization, users: 100, groups: 20, assignments: 1_000, questions: 20_000 };
  const base = makeOrganization(same);
  const more = makeOrganization({ ...largeOrganization, assignments: assignments - same.assignments, questions: 0 }, 7);
  const holder = base.questions[0]?.user ?? '';
  const added = more.assignments.map(
    (each): Assignment => ({
      ...each,
      id: `more-${each.id}`,
      ...(by === 'one'
        ? { principal: holder as Principal, scope: `elsewhere-${each.scope === everywhere ? 'root' : each.scope}` as Scope }
        : { principal: `${each.principal}-more` as Principal }),
    }),
  );
  const { grantsOf } = compileOrganization({ ...base, assignments: [...base.assignments, ...added] });
  if (by === 'others') for (const { principal } of added) grantsOf(principal);
  const questions = by === 'one' ? base.questions.filter(({ user }) => user === holder) : base.questions;
  const ask = asker(questions, grantsOf);
  passes(questions.length, ask, warmUp);
  return { assignments, perSecond: perSecond(passes(questions.length, ask)) };
};

const whoCanNumbers = (): object => {
  const made = makeOrganization({ ...largeOrganization, questions: 0 });
  const { roles, heldBy } = compileOrganization(made);
  const principals = [...new Set(made.assignments.map(({ principal }) => principal))];
  const holdings = new Map<string, Map<Scope, Holding[]>>();
  for (const principal of principals) {
    for (const held of heldBy(principal)) {
      const ofRole = holdings.get(held.role.id) ?? new Map<Scope, Holding[]>();
      holdings.set(held.role.id, ofRole.set(held.scope, [...(ofRole.get(held.scope) ?? []), { principal, held }]));
    }
  }
  const members = new Map<Principal, Principal[]>();
  const entries = new Map<Principal, { readonly groups: readonly Principal[] }>();
  for (const [user, groups] of made.groupsOf) {
    entries.set(user as Principal, { groups: groups as Principal[] });
    for (const group of groups as Principal[]) members.set(group, [...(members.get(group) ?? []), user as Principal]);
  }
  const directory: Directory = { roles, holdings, entries, members, maxTokenChain: 8 };
  const inputs = { timeMs: Date.UTC(2026, 5, 10, 12), environment: 'production', mfa: true, ip: '10.1.2.3' };
  const times: number[] = [];
  const found: number[] = [];
  for (const text of [
    'apps:*:read',
    'secrets:workspace-3:read',
    'secrets:workspace-3/app-4:read',
    'endpoints:workspace-7/app-1/namespace-2:trigger',
  ]) {
    for (let round = 0; round < 10; round += 1) {
      const started = cpuMs();
      const allowed = whoCan(directory, parsePermission(text), inputs);
      times.push(cpuMs() - started);
      if (round === 0) found.push(allowed.length);
    }
  }
  times.sort((a, b) => a - b);
  return { principals: principals.length, medianMs: quantile(times, 0.5), mostMs: times.at(-1) ?? 0, found };
};

const run = (job: Job): object | Promise<object> => {
  if (job.kind === 'simple') return simple(job);
  if (job.kind === 'who-can') return whoCanNumbers();
  return job.kind === 'organization' ? organization() : growth(job);
};

if (import.meta.main) {
  stdout.write(`${JSON.stringify(await run(JSON.parse(argv[2] ?? '')))}\n`);
  exit(0);
}
