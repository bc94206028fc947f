// Hands bound secrets' values to a pipeline's execution: all that were asked for, or none, and only after the record of it is durable.
import type { NewEvent } from '../../audit/public.ts';
import type { AccessSource, Source } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Platform } from '../../shared/platform.ts';
import { type Binding, maxNames } from '../domain/binding.ts';
import { DecryptionFailed } from '../domain/envelope.ts';
import { plainLocation, scopeAt } from '../domain/location.ts';
import { type Refusal, refusalText } from '../domain/resolution.ts';
import { placeText, type Secret } from '../domain/secret.ts';
import { fillTemplate, type Json, referencesIn, TemplateTooLarge } from '../domain/template.ts';
import { type Ticket, ticketRefused } from '../domain/ticket.ts';
import type { BindingStore, BranchKeys, SecretReadsAt, SecretStore, StateStore } from '../ports.ts';
import type { ResolveAnswer } from '../schemas.ts';
import type { AccessNotes } from './access-notes.ts';
import type { CommitChange, CommitFacts } from './commit-change.ts';
import { decryptAll, type Opened } from './decrypt-all.ts';
import { type Found, findBound, type Refused } from './find-bound.ts';
import type { OpenTicket } from './open-ticket.ts';

export interface ResolverDependencies {
  readonly secrets: SecretStore;
  readonly readsAt: SecretReadsAt;
  readonly states: StateStore;
  readonly bindings: BindingStore;
  readonly branchKeys: BranchKeys;
  readonly access: AccessSource;
  readonly accessNotes: AccessNotes;
  readonly openTicket: OpenTicket;
  readonly commit: CommitChange;
  readonly world: World;
  readonly log: Platform['log'];
}

export interface ResolveRequest {
  readonly ticket: string;
  readonly template?: Json | undefined;
  readonly names?: readonly string[] | undefined;
  readonly source: Source;
  readonly requestId: string;
  readonly timeMs: number;
}

/** UTF-16 code units of a filled template: a response of a function URL has at most 6 MB. */
const maxFilledLength = 1_000_000;

/** Names asked for, each with the JSON pointer into the body where it stands. */
const askedFor = ({ template, names }: ResolveRequest, binding: Binding | undefined): ReadonlyMap<string, string> => {
  if (names !== undefined) return new Map(names.map((name, index) => [name, `/names/${index}`]));
  if (template === undefined) return new Map((binding?.names ?? []).map((name) => [name, '/ticket']));
  const asked = new Map([...referencesIn(template)].map(([name, pointer]) => [name, `/template${pointer}`]));
  if (asked.size > maxNames) throw new AppError('payload-too-large', `a template names at most ${maxNames} secrets`);
  return asked;
};

/** @returns the binding that the ticket fixed; @throws AppError `conflict` when it is no longer that one */
const fixedBinding = async (bindings: BindingStore, ticket: Ticket): Promise<Binding | undefined> => {
  if (ticket.binding === undefined) return undefined;
  const binding = await bindings.get(ticket.org, ticket.workspace, ticket.pipeline);
  if (binding?.revision !== ticket.binding) {
    throw new AppError('conflict', "the pipeline's binding has changed since this execution began; begin another");
  }
  return binding;
};

/** Whoever began the execution still may begin some: one who was suspended or removed since, or lost the right, may not. Conditions were decided then. */
const demandCaller = async (access: AccessSource, { org, caller, workspace }: Ticket, timeMs: number): Promise<void> => {
  const now = await access(org, caller, { timeMs });
  const mayExecute = now.holdsSomewhere('augmentations', 'execute') || now.holdsSomewhere('endpoints', 'trigger');
  if (!mayExecute || !now.reaches(workspace)) throw ticketRefused();
};

/** @throws AppError `validation-failed` naming each name that cannot be resolved, and no other; `forbidden` for the ticket */
export const resolveSecrets = async (dependencies: ResolverDependencies, request: ResolveRequest): Promise<ResolveAnswer> => {
  const { bindings, openTicket, commit, world, states, branchKeys } = dependencies;
  const ticket = await openTicket(request.ticket);
  const [binding, state] = await Promise.all([
    fixedBinding(bindings, ticket),
    states.get(ticket.org, ticket.workspace),
    demandCaller(dependencies.access, ticket, world.nowMs()),
  ]);
  branchKeys.enterEpoch(ticket.org, ticket.workspace, state.shredded.length);
  const reads = dependencies.readsAt(ticket.org, ticket.workspace, state.epoch);
  const asked = askedFor(request, binding);
  const author = binding && (await dependencies.access(ticket.org, binding.author, { timeMs: world.nowMs() }));
  const call = callOf(request, ticket);
  const record = recordOf(ticket, binding);
  const records = (outcome: 'success' | 'failure', secrets: readonly Used[]): NewEvent[] =>
    inRecords(secrets).map((part) => record(outcome, { secrets: part.map((each) => ({ ...each })) }));

  const { found, refused } = await findBound({ reads, world }, { ticket, binding, author, names: [...asked.keys()], state });
  if (refused.length > 0) {
    await commit(call, [], record('denied', { refused: refused.map(({ name, refusal }) => ({ name, refusal })) }));
    throw refusal(refused, asked);
  }
  const used = found.map(({ secret }) => ({
    name: secret.name,
    id: secret.id,
    location: placeText(secret.location),
    version: secret.current,
  }));
  const opened = await decryptAll(branchKeys, found).catch(async (error: unknown) => {
    reads.forget();
    if (error instanceof DecryptionFailed) await commit(call, [], ...records('failure', used));
    throw error;
  });
  const answer = answerOf(request.template, opened);
  const alarms = found.filter(({ secret }) => secret.decoy === true).map(({ secret }) => decoyAlarm(record, secret));
  // INVARIANT: values leave only after this is durable.
  await commit(call, [], ...records('success', used), ...alarms);
  if (alarms.length > 0) dependencies.log.error('alarm: a decoy was resolved', { requestId: request.requestId, org: ticket.org });
  await noteUses(dependencies, ticket, found);
  return answer;
};

/** Notes are bookkeeping: what was resolved is in the audit log, so a note that fails keeps no value back. */
const noteUses = async (
  { secrets, accessNotes, world, log }: ResolverDependencies,
  ticket: Ticket,
  found: readonly Found[],
): Promise<void> => {
  const { org, pipeline, environment, step, caller: by } = ticket;
  const atMs = world.nowMs();
  const accesses = found.filter(({ secret }) => accessNotes.accessDue(secret.id)).map(({ secret }) => ({ secret, atMs, by }));
  const uses = found
    .filter(({ secret }) => accessNotes.useDue(secret.id, pipeline, environment))
    .map(({ secret }) => ({ secret, pipeline, environment, step, atMs, by }));
  if (accesses.length + uses.length === 0) return;
  await secrets.note(org, accesses, uses).catch((error: unknown) => log.warn('accesses were not noted', { org, error }));
};

type MakeRecord = (outcome: 'success' | 'denied' | 'failure', details: NonNullable<NewEvent['details']>) => NewEvent;

/** Marked in its own event, so that the decoy's place in the others looks like any other. */
const decoyAlarm = (record: MakeRecord, { id, name, location }: Secret): NewEvent => ({
  ...record('success', { decoy: true, name, location: placeText(location) }),
  action: 'resolve-decoy',
  resource: { type: 'secret', id, scope: scopeAt(location) },
});

/** Bytes of the secrets named in one record: with so many an entry of the log keeps them all. */
const maxNamedBytes = 8_000;

/** @returns the secrets in as many parts as records are needed, at least one */
const inRecords = (secrets: readonly Used[]): Used[][] => {
  const parts: Used[][] = [[]];
  let bytes = 0;
  for (const used of secrets) {
    const size = JSON.stringify(used).length;
    if (bytes + size > maxNamedBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(used);
    bytes += size;
  }
  return parts;
};

interface Used {
  readonly name: string;
  readonly id: string;
  readonly location: string;
  readonly version: number;
}

const refusal = (refused: readonly Refused[], asked: ReadonlyMap<string, string>): AppError =>
  new AppError('validation-failed', 'these secrets cannot be resolved, so none was: see `errors`', {
    errors: refused.map(({ name, refusal: why }: { name: string; refusal: Refusal }) => ({
      pointer: asked.get(name) ?? '',
      detail: refusalText(name, why),
    })),
  });

/** @throws AppError `payload-too-large` */
const answerOf = (template: Json | undefined, opened: readonly Opened[]): ResolveAnswer => {
  if (template === undefined) return { values: Object.fromEntries(opened.map((each) => [each.found.secret.name, shown(each)])) };
  try {
    const values = new Map(opened.map(({ found, value }) => [found.secret.name, value.value]));
    return { template: fillTemplate(template, values, maxFilledLength) as never };
  } catch (error) {
    if (error instanceof TemplateTooLarge) throw new AppError('payload-too-large', 'the filled template would be too large');
    throw error;
  }
};

const shown = ({ found: { secret }, value: { value, encoding } }: Opened) => ({
  value,
  ...(encoding === 'base64' ? { encoding } : {}),
  location: plainLocation(secret.location) as never,
  version: secret.current,
  ...(secret.hosts === undefined ? {} : { hosts: [...secret.hosts] }),
});

const recordOf =
  (ticket: Ticket, binding: Binding | undefined): MakeRecord =>
  (outcome, details) => {
    const { workspace, pipeline, environment, execution, step, app, namespace } = ticket;
    return {
      type: 'secret.accessed',
      action: 'resolve-secrets',
      workspace,
      resource: { type: 'pipeline', id: pipeline, scope: [workspace, app, namespace].filter((part) => part !== undefined).join('/') },
      outcome,
      details: {
        pipeline,
        environment,
        execution,
        caller: ticket.caller,
        ...(step === undefined ? {} : { step }),
        ...(binding === undefined ? {} : { author: binding.author }),
        ...details,
      },
    };
  };

/** The resolve as the audit log sees it: done for the ticket's caller. */
const callOf = ({ source, requestId, timeMs }: ResolveRequest, { org, caller }: Ticket): CommitFacts => ({
  org,
  caller: { org, principal: caller },
  source,
  requestId,
  timeMs,
});
