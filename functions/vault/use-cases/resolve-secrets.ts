// Hands bound secrets' values to a pipeline's execution: all that were asked for, or none, and only after the record of it is durable.
import type { NewEvent } from '../../audit/public.ts';
import type { AccessSource, Source } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import { type Binding, maxNames } from '../domain/binding.ts';
import { DecryptionFailed } from '../domain/envelope.ts';
import { plainLocation } from '../domain/location.ts';
import { type Refusal, refusalText } from '../domain/resolution.ts';
import { placeText } from '../domain/secret.ts';
import { fillTemplate, type Json, referencesIn, TemplateTooLarge } from '../domain/template.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { BindingStore, BranchKeys, SecretStore } from '../ports.ts';
import type { ResolveAnswer } from '../schemas.ts';
import type { AccessNotes } from './access-notes.ts';
import type { CommitChange, CommitFacts } from './commit-change.ts';
import { decryptAll, type Opened } from './decrypt-all.ts';
import { findBound, type Refused } from './find-bound.ts';
import type { OpenTicket } from './open-ticket.ts';

export interface ResolverDependencies {
  readonly secrets: SecretStore;
  readonly bindings: BindingStore;
  readonly branchKeys: BranchKeys;
  readonly access: AccessSource;
  readonly accessNotes: AccessNotes;
  readonly openTicket: OpenTicket;
  readonly commit: CommitChange;
  readonly world: World;
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

/** @throws AppError `validation-failed` naming each name that cannot be resolved, and no other; `forbidden` for the ticket */
export const resolveSecrets = async (dependencies: ResolverDependencies, request: ResolveRequest): Promise<ResolveAnswer> => {
  const { bindings, openTicket, commit, world, accessNotes, secrets } = dependencies;
  const ticket = await openTicket(request.ticket);
  const binding = await fixedBinding(bindings, ticket);
  const asked = askedFor(request, binding);
  const author = binding && (await dependencies.access(ticket.org, binding.author, { timeMs: world.nowMs() }));
  const call = callOf(request, ticket);
  const record = recordOf(ticket, binding);

  const { found, refused } = await findBound(dependencies, { ticket, binding, author, names: [...asked.keys()] });
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
  const opened = await decryptAll(dependencies.branchKeys, found).catch(async (error: unknown) => {
    if (error instanceof DecryptionFailed) await commit(call, [], record('failure', { secrets: used }));
    throw error;
  });
  const answer = answerOf(request.template, opened);
  const due = accessNotes.due(found.map(({ secret }) => secret));
  const access = { atMs: world.nowMs(), by: ticket.caller };
  // INVARIANT: this is the last thing that can fail; values leave only after it.
  await commit(
    call,
    due.map((secret) => secrets.access(secret, access)),
    record('success', { secrets: used }),
  );
  accessNotes.noted(due);
  return answer;
};

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
});

const recordOf =
  (ticket: Ticket, binding: Binding | undefined) =>
  (outcome: 'success' | 'denied' | 'failure', details: NonNullable<NewEvent['details']>): NewEvent => {
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
