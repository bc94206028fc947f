// `npm run -s scan -- --policy policy.json [--deny-lists lists.json] [--scores]`: JSON lines `{id?, text, direction?}` in, one verdict a line out, in order. No server.
import { readFileSync } from 'node:fs';
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import {
  type ActingDenyList,
  actingDenyList,
  compilePolicy,
  type Engine,
  engineOfAll,
  entryFault,
  evaluate,
  listBody,
  listReadOnly,
  modelStages,
  type Policy,
  policyBody,
  policyFaults,
  TextTooLong,
  WorkExceeded,
} from '../functions/protect/public.ts';

/** What was given cannot be used; its message is for the terminal. */
class Refused extends Error {}

/** @returns the items of a file that holds one or an array of them; what the service adds to an item is dropped */
const readItems = <T extends z.ZodType>(path: string, schema: T, readOnly: readonly string[]): z.infer<T>[] => {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Refused(`\`${path}\` cannot be read as JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
  return (Array.isArray(value) ? value : [value]).map((item: unknown, index): z.infer<T> => {
    const own = typeof item === 'object' && item !== null ? { ...item } : item;
    for (const field of readOnly) delete (own as Record<string, unknown>)[field];
    const parsed = schema.safeParse(own);
    if (!parsed.success) throw new Refused(`\`${path}\`: item ${index} is not valid\n${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
};

const readLists = (path: string | undefined): Map<string, ActingDenyList> => {
  const lists = path === undefined ? [] : readItems(path, listBody, listReadOnly);
  return new Map(
    lists.map(({ id = '', workspaces, entries }) => {
      for (const [index, entry] of entries.entries()) {
        const fault = entryFault(entry);
        if (fault !== undefined) throw new Refused(`\`${path}\`: entry ${index} of \`${id}\`: ${fault}`);
      }
      return [id, actingDenyList({ id, workspaces, entries })] as const;
    }),
  );
};

/** The schema takes a policy's version as read-only; a verdict names it. */
const versionedPolicy = policyBody.extend({ version: z.int().min(0).default(1) });

const readEngine = (policyPath: string, listsPath: string | undefined): Engine => {
  const lists = readLists(listsPath);
  const policies = readItems(policyPath, versionedPolicy, ['createdAt', 'updatedAt']).map((body, index): Policy => {
    const policy = { ...body, id: body.id ?? `policy-${index + 1}` } as Policy;
    const faults = policyFaults(policy).map(({ pointer, detail }) => `  ${pointer}: ${detail}`);
    for (const id of policy.denyLists) if (!lists.has(id)) faults.push(`  /denyLists: there is no deny list \`${id}\``);
    if (faults.length > 0) throw new Refused(`policy \`${policy.id}\` cannot be enforced as it is\n${faults.join('\n')}`);
    return policy;
  });
  const version = policies.reduce((most, policy) => Math.max(most, policy.version), 0);
  return engineOfAll(
    version,
    policies.map((policy) => compilePolicy(policy, lists)),
  );
};

/** Scores every category whatever the policies ask for, and finds nothing. */
const scoringEngine = (): Engine => {
  const all = { violence: 'low', selfHarm: 'low', illegal: 'low', explicit: 'low', offensive: 'low' } as const;
  const policy: Policy = {
    id: 'scores',
    name: 'Scores',
    description: '',
    enabled: true,
    mode: 'monitor',
    workspaces: '*',
    optional: [],
    denyLists: [],
    content: all,
    injection: 'low',
    version: 1,
  };
  const silent = (asked: Policy) =>
    modelStages(asked).map((stage) => ({
      ...stage,
      detect: (views: Parameters<typeof stage.detect>[0]) => ({ ...stage.detect(views), findings: [] }),
    }));
  return engineOfAll(1, [compilePolicy(policy, new Map(), silent)]);
};

const line = z.object({ id: z.unknown().optional(), text: z.string(), direction: z.enum(['input', 'output']).optional() });

const verdictLine = (engine: Engine, source: string, scoring: Engine | undefined): object => {
  const startedMs = performance.now();
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return { error: { code: 'malformed-json', message: 'the line is not JSON' } };
  }
  const parsed = line.safeParse(value);
  const given = typeof value === 'object' && value !== null && 'id' in value ? { id: value.id } : {};
  if (!parsed.success) return { ...given, error: { code: 'validation-failed', message: 'a line is `{id?, text, direction?}`' } };
  try {
    const { scores: asked, ...verdict } = evaluate(engine, parsed.data.text);
    const durationMs = Math.round((performance.now() - startedMs) * 1000) / 1000;
    const scores = scoring === undefined ? undefined : { ...evaluate(scoring, parsed.data.text).scores, ...asked };
    return { ...given, ...verdict, policyVersion: engine.version, durationMs, ...(scores === undefined ? {} : { scores }) };
  } catch (error) {
    if (error instanceof TextTooLong) return { ...given, error: { code: 'payload-too-large', message: error.message } };
    if (error instanceof WorkExceeded) return { ...given, error: { code: 'policy-invalid', message: error.message } };
    throw error;
  }
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { policy: { type: 'string' }, 'deny-lists': { type: 'string' }, scores: { type: 'boolean', default: false } },
  });
  if (values.policy === undefined) throw new Refused('usage: scan --policy policy.json [--deny-lists lists.json] [--scores]');
  const engine = readEngine(values.policy, values['deny-lists']);
  const scoring = values.scores ? scoringEngine() : undefined;
  for await (const source of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (source.trim() === '') continue;
    const more = stdout.write(`${JSON.stringify(verdictLine(engine, source, scoring))}\n`);
    if (!more) await new Promise((resolve) => stdout.once('drain', resolve));
  }
};

// A reader that has seen enough closes the pipe.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
try {
  await main();
} catch (error) {
  const known = error instanceof Refused || (error instanceof TypeError && 'code' in error);
  process.stderr.write(`scan: ${error instanceof Error && known ? error.message : 'failed'}\n`);
  if (!known) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
  process.exitCode = 2;
}
