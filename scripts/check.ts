// `npm run -s check -- --model model.json`: decides JSON lines against a model in a file; `--tests` runs its tests, `--prove` searches for a climb.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type * as z from 'zod';
import { builtInRoles } from '../functions/authz/domain/built-in-roles.ts';
import { type CompiledGrants, compileGrants, compileRole, type HeldRole } from '../functions/authz/domain/compile-grants.ts';
import { decide, decidePermission } from '../functions/authz/domain/decide.ts';
import { defaultProofBound, prove, writersOf } from '../functions/authz/domain/prove.ts';
import { checkLine, checkModel, checkTests } from '../functions/authz/schemas.ts';
import { parseStrictJson } from '../functions/shared/http/json.ts';
import { fieldErrors } from '../functions/shared/http/read-request.ts';
import type { Decision } from '../functions/shared/kernel/decision.ts';
import { parsePermission } from '../functions/shared/kernel/permission.ts';

const usage =
  'usage: npm run -s check -- --model model.json [--tests tests.json | --prove <principal> <permission> [--collude] [--states <number>]]';

type Model = z.infer<typeof checkModel>;
type Question = z.infer<typeof checkLine>;
type Test = z.infer<typeof checkTests>[number];

/** What is wrong with the command or its files. */
class Refused extends Error {}

const faultsOf = (error: z.ZodError): string =>
  fieldErrors(error)
    .map(({ pointer, detail }) => `${pointer}: ${detail}`)
    .join('; ');

const readJson = <T extends z.ZodType>(path: string, schema: T): z.infer<T> => {
  let value: unknown;
  try {
    value = parseStrictJson(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Refused(`\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : 'it is no file'}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refused(`\`${path}\` is not valid: ${faultsOf(parsed.error)}`);
  return parsed.data;
};

/** References that point nowhere, and ids that stand twice. */
const inconsistencies = ({ roles, policies, assignments }: Model): string[] => {
  const known = new Set<string>(builtInRoles.map(({ id }) => id));
  const faults: string[] = [];
  for (const [index, { id }] of roles.entries()) {
    if (known.has(id)) faults.push(`/roles/${index}/id: this role exists already`);
    known.add(id);
  }
  const builtIn = new Set(builtInRoles.map(({ id }) => id));
  const policyIds = new Set<string>();
  for (const [index, policy] of policies.entries()) {
    if (policyIds.has(policy.id)) faults.push(`/policies/${index}/id: this policy exists already`);
    policyIds.add(policy.id);
    for (const [at, role] of policy.roles.entries()) {
      if (builtIn.has(role)) faults.push(`/policies/${index}/roles/${at}: no policy attaches to a built-in role`);
      else if (!known.has(role)) faults.push(`/policies/${index}/roles/${at}: there is no such role`);
    }
  }
  const assignmentIds = new Set<string>();
  for (const [index, { id, role }] of assignments.entries()) {
    if (!known.has(role)) faults.push(`/assignments/${index}/role: there is no such role`);
    if (id !== undefined && assignmentIds.has(id)) faults.push(`/assignments/${index}/id: this assignment exists already`);
    if (id !== undefined) assignmentIds.add(id);
  }
  return faults;
};

/** @returns a function that decides one question; @param nowMs when assignments are asked whether they have ended, unless the question says */
export const decider = (model: Model, nowMs: number): ((question: Question) => Decision) => {
  const compiled = new Map([...builtInRoles, ...model.roles].map((role) => [role.id, compileRole(role, model.policies)]));
  const held = new Map<string, HeldRole[]>();
  for (const [index, { id, principal, role, scope, expiresAt }] of model.assignments.entries()) {
    const found = compiled.get(role);
    if (found === undefined) continue;
    const assignment = id ?? `assignment-${index + 1}`;
    const expiresAtMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
    held.set(principal, [...(held.get(principal) ?? []), { role: found, assignment, scope, expiresAtMs }]);
  }
  const groupsOf = new Map<string, Set<string>>();
  for (const [group, members] of Object.entries(model.groups)) {
    for (const member of members) groupsOf.set(member, (groupsOf.get(member) ?? new Set()).add(`group:${group}`));
  }
  const cache = new Map<string, CompiledGrants>();
  const grantsOf = (principal: string): CompiledGrants => {
    const known = cache.get(principal);
    if (known !== undefined) return known;
    const made = compileGrants([principal, ...(groupsOf.get(principal) ?? [])].flatMap((holder) => held.get(holder) ?? []));
    cache.set(principal, made);
    return made;
  };
  return ({ principal, permission, context = {} }) => {
    const { time, ...given } = context;
    const timeMs = time === undefined ? undefined : Date.parse(time);
    const inputs = { ...given, ...(timeMs === undefined ? {} : { timeMs }) };
    const grants = grantsOf(principal);
    return decidePermission(parsePermission(permission), (resource, at, action) =>
      decide(grants, resource, at, action, inputs, timeMs ?? nowMs),
    );
  };
};

const answerLine = (line: string, answer: (question: Question) => Decision): object => {
  try {
    const parsed = checkLine.safeParse(parseStrictJson(line));
    return parsed.success ? answer(parsed.data) : { error: faultsOf(parsed.error) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'this line cannot be read' };
  }
};

const decideLines = async (answer: (question: Question) => Decision): Promise<number> => {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!process.stdout.write(`${JSON.stringify(answerLine(line, answer))}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
  return 0;
};

/** @returns what differs, line by line; nothing where the test holds. A reason holds when the decision's contains it. */
const differencesOf = ({ allowed, reason }: Test, decision: Decision): string[] => [
  ...(decision.allowed === allowed ? [] : [`- allowed: ${allowed}`, `+ allowed: ${decision.allowed}`]),
  ...(reason === undefined || decision.reason.includes(reason) ? [] : [`- reason: ${reason}`]),
];

const runTests = (tests: readonly Test[], answer: (question: Question) => Decision): number => {
  let failed = 0;
  for (const { name, ...test } of tests) {
    const { principal, permission, context } = test;
    const decision = answer({ principal, permission, context });
    const differences = differencesOf({ name, ...test }, decision);
    process.stdout.write(`${differences.length === 0 ? 'ok' : 'not ok'} ${name}\n`);
    if (differences.length === 0) continue;
    failed += 1;
    const asked = `  ${principal} ${permission}${context === undefined ? '' : ` ${JSON.stringify(context)}`}`;
    const got = [`+ reason: ${decision.reason}`, ...decision.matched.map((match) => `+ matched: ${JSON.stringify(match)}`)];
    process.stdout.write(`${[asked, ...differences.map((line) => `  ${line}`), ...got.map((line) => `  ${line}`)].join('\n')}\n`);
  }
  process.stdout.write(`${tests.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
};

/** What a script can tell apart. */
const proofExit = { never: 0, reachable: 1, 'not-within-bound': 3 } as const;

/** Says whether a principal, by any chain of writes, alone or with everybody who may write, comes to be allowed a permission. */
const runProof = (
  model: Model,
  [asked, wanted]: readonly [string, string | undefined],
  { collude, states }: { readonly collude: boolean; readonly states: number },
  nowMs: number,
): number => {
  const parsed = checkLine.safeParse({ principal: asked, permission: wanted });
  if (!parsed.success) throw new Refused(`${faultsOf(parsed.error)}\n${usage}`);
  const { principal, permission } = parsed.data;
  const provable = {
    roles: model.roles,
    policies: model.policies,
    groups: model.groups,
    assignments: model.assignments.map(({ id, expiresAt, ...rest }, index) => ({
      ...rest,
      id: id ?? `assignment-${index + 1}`,
      ...(expiresAt === undefined ? {} : { expiresAtMs: Date.parse(expiresAt) }),
    })),
  };
  const colluding = collude ? writersOf(provable, nowMs).filter((writer) => writer !== principal) : [];
  const bound = { ...defaultProofBound, states };
  const proof = prove({ model: provable, principal, permission: parsePermission(permission), colluding, nowMs, bound });
  const acting = colluding.length === 0 ? 'alone' : `with ${colluding.map((each) => `\`${each}\``).join(', ')}`;
  const lines = (): string[] => {
    if (proof.answer === 'never') return [`never: \`${principal}\`, ${acting}, reaches \`${permission}\` by no chain of writes`];
    if (proof.answer === 'not-within-bound')
      return [`not within the bound: no chain of up to ${bound.steps} writes in ${bound.states} states; a longer search may find one`];
    const steps = proof.steps.map(({ by, text }, index) => `${index + 1}. \`${by}\` ${text}`);
    return [`reachable: \`${principal}\`, ${acting}, reaches \`${permission}\` in ${steps.length} writes`, ...steps];
  };
  process.stdout.write(`${[...lines(), `${proof.states} states looked at`].join('\n')}\n`);
  return proofExit[proof.answer];
};

const statesOf = (text: string | undefined): number => {
  if (text === undefined) return defaultProofBound.states;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Refused('`--states` is a number from 1 to 9999999');
  return Number(text);
};

const main = async (): Promise<number> => {
  try {
    const { values, positionals } = parseArgs({
      options: {
        model: { type: 'string' },
        tests: { type: 'string' },
        prove: { type: 'string' },
        collude: { type: 'boolean', default: false },
        states: { type: 'string' },
      },
      strict: true,
      allowPositionals: true,
    });
    const { prove: asked, collude } = values;
    const positions = asked === undefined ? 0 : 1;
    if (values.model === undefined || positionals.length !== positions || (asked !== undefined && values.tests !== undefined)) {
      throw new Refused(usage);
    }
    const model = readJson(values.model, checkModel);
    const faults = inconsistencies(model);
    if (faults.length > 0) throw new Refused(`\`${values.model}\` is not valid: ${faults.join('; ')}`);
    if (asked !== undefined) return runProof(model, [asked, positionals[0]], { collude, states: statesOf(values.states) }, Date.now());
    const answer = decider(model, Date.now());
    return values.tests === undefined ? await decideLines(answer) : runTests(readJson(values.tests, checkTests), answer);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
};

if (import.meta.main) process.exitCode = await main();
