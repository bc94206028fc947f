// Replays a million recorded decisions against a proposed change: decisions a second, and how much the heap grows while they stream by.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileGrants, compileRole } from '../../functions/authz/domain/compile-grants.ts';
import type { Holder } from '../../functions/authz/domain/holder.ts';
import type { Policy, Role } from '../../functions/authz/domain/model.ts';
import { type HolderPair, type SimulationResult, simulation } from '../../functions/authz/domain/simulate.ts';
import { dayOf, type KeptFacts, type UsageRow } from '../../functions/authz/domain/usage.ts';
import { principal } from '../../functions/shared/kernel/principal.ts';
import { type Scope, scope } from '../../functions/shared/kernel/scope.ts';

export interface SimulateNumbers {
  readonly decisions: number;
  readonly perSecond: number;
  /** By the CPU time of the process, which a busy machine does not stretch. */
  readonly perCpuSecond: number;
  /** Growth of the live heap over the run, in bytes. */
  readonly heapGrowthBytes: number;
  readonly result: SimulationResult;
}

const users = 10_000;
const roleCount = 200;
const policyCount = 100;
const scopes: readonly Scope[] = Array.from({ length: 24 }, (_, index) =>
  scope.parse(index % 3 === 0 ? `w${index}` : `w${index}/app${index % 5}`),
);
const permissionTexts = [
  'apps:*:read',
  'apps:*:write',
  'endpoints:*:trigger',
  'secrets:*:read',
  'models:*:read',
  'tools:*:manage',
  'analytics:*:view',
];
/** Permission numbers that the records ask about. */
const askedNumbers = [0, 3, 4, 7, 9, 10, 13, 16, 19];

/** Numbers that look random and are the same in each run (mulberry32). */
const sequence = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T;

const makePairs = (): HolderPair[] => {
  const random = sequence(1);
  const roles: Role[] = Array.from({ length: roleCount }, (_, index) => ({
    id: `r${index}`,
    permissions: [...new Set(Array.from({ length: 4 }, () => pick(permissionTexts, random)))],
  }));
  const policies: Policy[] = Array.from({ length: policyCount }, (_, index) => ({
    id: `p${index}`,
    effect: index % 3 === 0 ? 'deny' : 'allow',
    resources: ['apps', 'secrets'],
    scopes: [pick(scopes, random)],
    actions: ['read'],
    conditions:
      index % 2 === 0
        ? { ip: ['203.0.0.0/12'], environment: ['production'] }
        : { time: { zone: 'Europe/Berlin', from: '08:00', to: '18:30' } },
    roles: [`r${index}`, `r${index + 100}`],
  }));
  // A deny for half of the roles, which the kept networks settle for some decisions and leave unknown for others.
  const changed: Policy = {
    id: 'p0',
    effect: 'deny',
    resources: ['*'],
    scopes: [scope.parse('*')],
    actions: ['*'],
    conditions: { ip: ['203.0.113.64/26', '203.0.108.0/22'] },
    roles: roles.slice(0, roleCount / 2).map(({ id }) => id),
  };
  const proposed = [changed, ...policies.slice(1)];
  const [before, after] = [policies, proposed].map((all) => new Map(roles.map((role) => [role.id, compileRole(role, all)])));
  return Array.from({ length: users }, (_, index) => {
    const who = principal.parse(`user:u${index}`);
    const held = Array.from({ length: 3 }, (__, at) => ({
      role: pick(roles, random).id,
      assignment: `a${index}-${at}`,
      scope: pick([scope.parse('*'), ...scopes], random),
    }));
    const holder = (compiled: typeof before): Holder => ({
      principal: who,
      grants: compileGrants(
        held.flatMap(({ role, ...rest }) => {
          const found = compiled?.get(role);
          return found === undefined ? [] : [{ ...rest, role: found, expiresAtMs: Number.POSITIVE_INFINITY }];
        }),
      ),
    });
    return { before: holder(before), after: holder(after) };
  });
};

const factsTable: readonly KeptFacts[] = Array.from({ length: 64 }, (_, index) => ({
  network: `203.0.${100 + (index % 16)}.0/24`,
  attributes: '',
  ...(index % 3 === 0 ? {} : { environment: index % 2 === 0 ? 'production' : 'staging' }),
}));

/** Records as they come from the table: by principal, one decision each, made as they are asked for. */
function* records(pairs: readonly HolderPair[], count: number): Generator<readonly [UsageRow, HolderPair]> {
  const random = sequence(2);
  const day = dayOf(Date.UTC(2026, 10, 18));
  const perUser = Math.ceil(count / pairs.length);
  for (let made = 0; made < count; made += 1) {
    const pair = pairs[Math.floor(made / perUser)] as HolderPair;
    const row: UsageRow = {
      day: day - (made % 30),
      principal: pair.before.principal,
      permission: { number: pick(askedNumbers, random), scope: pick(scopes, random) },
      allowed: made % 4 !== 0,
      kind: 'used',
      facts: pick(factsTable, random),
      hours: [[Math.floor(random() * 24), 1]],
      lastMs: day * 86_400_000,
    };
    yield [row, pair];
  }
}

const liveHeap = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
};

/** @param count decisions; holders are loaded and compiled before, as the use case does while it streams */
export const measureSimulate = (count = 1_000_000): SimulateNumbers => {
  const pairs = makePairs();
  const warm = simulation();
  for (const [row, pair] of records(pairs.slice(0, 100), 20_000)) warm.replay(row, pair);
  const before = liveHeap();
  const run = simulation();
  const startCpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (const [row, pair] of records(pairs, count)) run.replay(row, pair);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(startCpu);
  const cpuSeconds = (user + system) / 1e6;
  const heapGrowthBytes = liveHeap() - before;
  return {
    decisions: count,
    perSecond: Math.round(count / seconds),
    perCpuSecond: Math.round(count / cpuSeconds),
    heapGrowthBytes,
    result: run.result(),
  };
};
