// Scans a text or chat messages with the policies that apply in a workspace; activations are durable before the verdict leaves.
import type { Commit, NewEvent } from '../../audit/public.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { OpenTicket } from '../../vault/public.ts';
import type { Engine } from '../domain/engine.ts';
import { evaluateAll, type JointVerdict, TextTooLong } from '../domain/evaluate.ts';
import { stringsOf, withStrings } from '../domain/message-strings.ts';
import { WorkExceeded } from '../domain/pattern-run.ts';
import type { ScanContext } from '../domain/scan-piece.ts';
import type { EngineSource } from '../ports.ts';
import type { ScanBody } from '../schemas.ts';
import { activationsOf, type ScanPlace } from './activations.ts';
import { type Fingerprints, secretMatcher } from './secret-matcher.ts';

interface Dependencies {
  readonly engines: EngineSource;
  readonly openTicket: OpenTicket;
  readonly fingerprints: Fingerprints;
  readonly commit: Commit;
  readonly world: World;
}

type ScanCall = Call<{ workspace: string }, object, ScanBody>;

/** Findings that an answer can hold; more are refused, never left out. */
const maxFindings = 10_000;
/** Records of one transaction, below its 100 writes. */
const recordsAtOnce = 90;

/** @throws AppError `forbidden` for a ticket that is not valid here */
const placeOf = async (openTicket: OpenTicket, { org, params, body }: ScanCall): Promise<ScanPlace> => {
  const place: ScanPlace = { workspace: params.workspace, direction: body.direction };
  if (body.ticket === undefined) return place;
  const ticket = await openTicket(body.ticket, org);
  const elsewhere = ticket.org !== org || ticket.workspace !== params.workspace;
  const otherStep = ticket.step !== undefined && body.step !== undefined && ticket.step !== body.step;
  if (elsewhere || otherStep) throw new AppError('forbidden', 'the ticket was made for another place than this');
  const step = ticket.step ?? body.step;
  return { ...place, pipeline: ticket.pipeline, ...(step === undefined ? {} : { step }) };
};

/** Fails closed: what could not be scanned whole has no verdict. */
const verdictOn = (engine: Engine, { text, messages }: ScanBody, context: ScanContext): JointVerdict => {
  try {
    return evaluateAll(engine, messages === undefined ? [{ path: '', text: text ?? '' }] : stringsOf(messages), context);
  } catch (error) {
    if (error instanceof WorkExceeded) {
      throw new AppError('policy-invalid', 'a pattern takes more work on this text than its limit allows; treat the text as blocked', {
        cause: error,
      });
    }
    if (error instanceof TextTooLong) throw new AppError('payload-too-large', error.message, { cause: error });
    throw error;
  }
};

/** Never with the request's idempotency key: an answer that holds the text is not kept. */
const record = async (commit: Commit, call: ScanCall, events: readonly NewEvent[]): Promise<void> => {
  const { idempotency, ...facts } = call;
  for (let from = 0; from < events.length; from += recordsAtOnce) {
    await commit(facts as unknown as Call, [], ...events.slice(from, from + recordsAtOnce));
  }
};

export const scanText = async ({ engines, openTicket, fingerprints, commit, world }: Dependencies, call: ScanCall): Promise<Answer> => {
  const startedMs = world.nowMs();
  const { org, params, body } = call;
  const place = await placeOf(openTicket, call);
  const engine = await engines(org, params.workspace);
  const knownSecrets = await secretMatcher(fingerprints, engine, { org, workspace: params.workspace, direction: body.direction });
  const { action, findings, texts, error } = verdictOn(engine, body, knownSecrets === undefined ? {} : { knownSecrets });
  await record(commit, call, activationsOf(engine.policies, findings, place));
  if (findings.length > maxFindings) {
    throw new AppError('payload-too-large', `the text has more than ${maxFindings} findings; scan it in parts`);
  }
  const passed =
    texts === undefined ? {} : body.messages === undefined ? { text: texts[0] ?? '' } : { messages: withStrings(body.messages, texts) };
  return ok({
    action,
    ...passed,
    findings: body.messages === undefined ? findings.map(({ path, ...finding }) => finding) : findings,
    ...(error === undefined ? {} : { error }),
    policyVersion: engine.version,
    durationMs: world.nowMs() - startedMs,
  });
};
