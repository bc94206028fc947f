// Imports secrets from a file's text into one location: an outcome for each line, and on request all of them or none.
import type * as z from 'zod';
import type { NewEvent } from '../../audit/public.ts';
import { workspaceStands } from '../../authz/public.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError, invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { parseEnvFile } from '../domain/env-file.ts';
import { type ImportLine, importLines, maxImported, type RefusedLine } from '../domain/import-lines.ts';
import { NotJsonObject, parseJsonFile } from '../domain/json-file.ts';
import { type Location, scopeAt } from '../domain/location.ts';
import { type Secret, touched, withNewVersion } from '../domain/secret.ts';
import type { ImportStore, SecretStore, ValueChange } from '../ports.ts';
import type { ImportAnswer, importBody } from '../schemas.ts';
import { changedMeanwhile, noSuchWorkspace } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { beginSealing, type SealDependencies, type Sealing } from './seal-value.ts';
import { secretEvent } from './secret-event.ts';

interface Dependencies extends SealDependencies {
  readonly secrets: SecretStore;
  readonly imports: ImportStore;
  readonly commit: CommitChange;
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

type ImportCall = Call<object, object, z.infer<typeof importBody>>;
type Result = ImportAnswer['results'][number];

interface Planned {
  readonly line: ImportLine;
  readonly change: ValueChange;
}

/** Secrets of one transaction: each takes at most six writes besides its record, and 64 KiB of value. */
const together = 12;
/** Names in one record of a large import: it stays under what an entry of the log keeps. */
const namesInRecord = 40;

/** @throws AppError `validation-failed` with nothing of the content */
const linesOf = ({ format, content }: ImportCall['body']): ReturnType<typeof importLines> => {
  try {
    const read = importLines(format === 'env' ? parseEnvFile(content) : parseJsonFile(content));
    if (read.lines.length > maxImported) {
      throw invalid({ pointer: '/content', detail: `an import writes at most ${maxImported} secrets` });
    }
    return read;
  } catch (error) {
    if (!(error instanceof NotJsonObject)) throw error;
    throw invalid({ pointer: '/content', detail: 'the content is not a JSON object of names and strings' });
  }
};

const madeAt = (call: ImportCall, line: ImportLine, world: World, nowMs: number): Secret => ({
  id: newId(world),
  org: call.org,
  name: line.name,
  location: call.body.location,
  tags: [],
  disabled: false,
  current: 1,
  latest: 1,
  versions: [1],
  createdAtMs: nowMs,
  createdBy: call.caller.principal,
  updatedAtMs: nowMs,
  updatedBy: call.caller.principal,
  revision: 1,
});

const refusalOf = (standing: Secret | undefined): string | undefined => {
  if (standing?.importing !== undefined) return 'another import is writing this secret';
  return standing?.deletedAtMs === undefined ? undefined : 'the secret is deleted; restore it first';
};

const refusedAs = ({ line, name, detail }: RefusedLine): Result => ({
  line,
  ...(name === undefined ? {} : { name }),
  status: 'refused',
  detail,
});

const doneAs = ({ line: { line, name }, change }: Planned): Result => ({
  line,
  name,
  status: change.before === undefined ? 'created' : 'updated',
});

const eventOf = ({ change: { before, after } }: Planned): NewEvent =>
  secretEvent(before === undefined ? 'secret.created' : 'secret.updated', 'import-secret', after);

/** @returns what is to be written, sealed, and the lines that cannot be */
const planOf = async (
  { secrets, world }: Dependencies,
  call: ImportCall,
  sealing: Sealing,
  lines: readonly ImportLine[],
): Promise<{ planned: Planned[]; refused: RefusedLine[] }> => {
  const { org, caller } = call;
  const nowMs = world.nowMs();
  const standing = await secrets.at(
    org,
    lines.map(({ name }) => ({ name, location: call.body.location })),
  );
  const known = standing.filter((secret) => secret !== undefined);
  const rows = new Map((await secrets.fingerprints(org, known)).map((row, index) => [known[index]?.id, row]));
  const planned: Planned[] = [];
  const refused: RefusedLine[] = [];
  for (const [index, line] of lines.entries()) {
    const before = standing[index];
    const detail = refusalOf(before);
    if (detail !== undefined) {
      refused.push({ line: line.line, name: line.name, detail });
      continue;
    }
    const { next, dropped } = before === undefined ? { next: madeAt(call, line, world, nowMs), dropped: [] } : withNewVersion(before);
    const after = before === undefined ? next : touched(next, caller.principal, nowMs);
    const value = await sealing.seal(after, { value: line.value, encoding: 'utf8' });
    planned.push({ line, change: { before, after, dropped, value, row: rows.get(before?.id), orElse: changedMeanwhile } });
  }
  return { planned, refused };
};

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));

/** Writes what can be written. A line that another request is in the way of is refused by itself. */
const writeEach = async ({ secrets, commit }: Dependencies, call: ImportCall, planned: readonly Planned[]): Promise<Result[]> => {
  const { location } = call.body;
  const { idempotency, ...facts } = call;
  // INVARIANT: the request's key is claimed before anything is written, so that no retry writes it all again.
  if (idempotency !== undefined) await commit(call, [], summaryOf(location, planned, 'begin-import'));
  const write = async (some: readonly Planned[]): Promise<void> => {
    const writes = secrets.together(
      location.workspace,
      call.org,
      some.map(({ change }) => change),
    );
    await commit(facts, [...writes, workspaceStands(call.org, location.workspace, noSuchWorkspace)], ...some.map(eventOf));
  };
  const results: Result[] = [];
  for (const some of chunks(planned, together)) {
    try {
      await write(some);
      results.push(...some.map(doneAs));
    } catch (error) {
      if (!isConflict(error)) throw error;
      for (const one of some) {
        const detail = await write([one]).then(
          () => undefined,
          (fault: unknown) => {
            if (isConflict(fault)) return 'another request changed this at the same time';
            throw fault;
          },
        );
        results.push(detail === undefined ? doneAs(one) : refusedAs({ ...one.line, detail }));
      }
    }
  }
  return results;
};

const isConflict = (error: unknown): boolean => error instanceof AppError && (error.code === 'conflict' || error.code === 'already-exists');

const summaryOf = (location: Location, planned: readonly Planned[], action: string): NewEvent => ({
  type: planned.some(({ change }) => change.before === undefined) ? 'secret.created' : 'secret.updated',
  action,
  workspace: location.workspace,
  resource: { type: 'secrets', id: location.workspace, scope: scopeAt(location) },
  details: {
    import: planned.map(({ change: { after } }) => ({ name: after.name, id: after.id, version: after.current })).slice(0, namesInRecord),
    count: planned.length,
    ...(location.environment === undefined ? {} : { environment: location.environment }),
  },
});

/** One transaction where all fits into one; else all is staged, and one transaction switches to it. */
const writeAll = async (
  { secrets, imports, commit, world }: Dependencies,
  call: ImportCall,
  planned: readonly Planned[],
): Promise<void> => {
  const { org, body } = call;
  const changes = planned.map(({ change }) => change);
  if (planned.length <= together) {
    const stands = workspaceStands(org, body.location.workspace, noSuchWorkspace);
    const writes = planned.length === 0 ? [] : [...secrets.together(body.location.workspace, org, changes), stands];
    await commit(call, writes, ...planned.map(eventOf));
    return;
  }
  const id = newId(world);
  const names = planned.map(({ line }) => line.name);
  // What cannot be finished now is finished, or taken away, before the next import and by the daily step.
  const finish = (): Promise<void> => imports.finish(org, body.location.workspace, id).catch(() => undefined);
  await imports.begin(org, id, body.location, names);
  try {
    await imports.stage(org, id, changes);
    const records = chunks(planned, namesInRecord).map((some) => summaryOf(body.location, some, 'import-secrets'));
    const stands = workspaceStands(org, body.location.workspace, noSuchWorkspace);
    await commit(call, [...imports.switchTo(org, id, body.location, names, changedMeanwhile), stands], ...records);
  } catch (error) {
    await finish();
    throw error;
  }
  await finish();
};

export const importSecrets = async (dependencies: Dependencies, call: ImportCall): Promise<Answer<ImportAnswer>> => {
  const { imports, workspaceExists } = dependencies;
  const { org, body } = call;
  const { location, allOrNothing } = body;
  if (!(await workspaceExists(org, location.workspace))) throw noSuchWorkspace();
  const { lines, refused } = linesOf(body);
  await imports.settleAll(org, location.workspace);
  const sealing = await beginSealing(dependencies, { org, location });
  const plan = await planOf(dependencies, call, sealing, lines);
  const allRefused = [...refused, ...plan.refused].map(refusedAs);
  const results = await carryOut(dependencies, call, plan.planned, allRefused, allOrNothing);
  await sealing.afterwards();
  return ok({ results: results.toSorted((a, b) => a.line - b.line) });
};

const carryOut = async (
  dependencies: Dependencies,
  call: ImportCall,
  planned: readonly Planned[],
  refused: readonly Result[],
  allOrNothing: boolean,
): Promise<Result[]> => {
  if (!allOrNothing) return [...refused, ...(await writeEach(dependencies, call, planned))];
  if (refused.length === 0) {
    await writeAll(dependencies, call, planned);
    return planned.map(doneAs);
  }
  const detail = 'not written, since another line is refused';
  return [...refused, ...planned.map(({ line: { line, name } }) => refusedAs({ line, name, detail }))];
};
