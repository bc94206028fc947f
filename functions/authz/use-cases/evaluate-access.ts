// Answers AuthZEN evaluations, one or many, with the decisions of `check`.

import { fieldErrors } from '../../shared/http/read-request.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Decision } from '../../shared/kernel/decision.ts';
import { invalid } from '../../shared/kernel/errors.ts';
import { contextOf, isFault, permissionOf, principalOf, scopeOfId, withDefaults } from '../domain/authzen.ts';
import type { Check } from '../schemas.ts';
import { type Evaluation, type Evaluations, evaluation } from '../schemas-authzen.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { decideAll } from './check-permission.ts';

interface Evaluated {
  readonly decision: boolean;
  readonly context?: Record<string, unknown>;
}

/** A question that `check` understands, or the answer to one that can only be no. */
type Question = { readonly check: Check } | { readonly refused: Evaluated };

const no = (reason: string): Question => ({ refused: { decision: false, context: { reason } } });

const questionOf = ({ subject, action, resource, context }: Evaluation): Question => {
  const inputs = contextOf(context, subject.properties, resource.properties);
  if (isFault(inputs)) throw invalid(inputs);
  const principal = principalOf(subject);
  if (principal === undefined) return no('there can be no such subject');
  const scope = scopeOfId(resource.id);
  const permission = permissionOf(resource.type, action.name);
  if (scope === undefined || permission === undefined) return no('the catalogue has no such permission');
  return { check: { principal, permission: `${permission.resource}:${scope}:${permission.action}`, context: inputs } };
};

const evaluatedOf = ({ allowed, reason, matched }: Decision): Evaluated => ({
  decision: allowed,
  context: { reason, matched: matched.map((match) => ({ ...match })) },
});

const evaluateAll = async (dependencies: AuthzDependencies, call: Call, questions: readonly Question[]): Promise<Evaluated[]> => {
  const checks = questions.flatMap((question) => ('check' in question ? [question.check] : []));
  const decisions = (await decideAll(dependencies, call, checks)).values();
  return questions.map((question) => {
    if ('refused' in question) return question.refused;
    const { value } = decisions.next();
    return value === undefined ? { decision: false } : evaluatedOf(value);
  });
};

export const evaluateAccess = async (dependencies: AuthzDependencies, call: Call<object, object, Evaluation>): Promise<Answer> => {
  const [answer] = await evaluateAll(dependencies, call as Call, [questionOf(call.body)]);
  return ok(answer);
};

/** @returns the question, or the error in its place: what is wrong with one evaluation is no fault of the others */
const questionIn = (own: Readonly<Record<string, unknown>>, body: Evaluations): Question => {
  const parsed = evaluation.safeParse(withDefaults(own, body));
  const errors = parsed.success ? undefined : fieldErrors(parsed.error);
  const refused = (message: string): Question => ({ refused: { decision: false, context: { error: { status: 400, message } } } });
  if (!parsed.success) return refused(`not valid: ${errors?.map(({ pointer }) => pointer).join(', ')}`);
  const fault = contextOf(parsed.data.context, parsed.data.subject.properties, parsed.data.resource.properties);
  return isFault(fault) ? refused(`${fault.pointer}: ${fault.detail}`) : questionOf(parsed.data);
};

/** Where the evaluation ends early: behind the first answer that settles it. */
const upTo = (answers: readonly Evaluated[], last: (answer: Evaluated) => boolean): readonly Evaluated[] => {
  const index = answers.findIndex(last);
  return index < 0 ? answers : answers.slice(0, index + 1);
};

export const evaluateMany = async (dependencies: AuthzDependencies, call: Call<object, object, Evaluations>): Promise<Answer> => {
  const { evaluations = [], options } = call.body;
  if (evaluations.length === 0) {
    const single = evaluation.safeParse(call.body);
    if (!single.success) throw invalid(...fieldErrors(single.error));
    return evaluateAccess(dependencies, { ...call, body: single.data });
  }
  const questions = evaluations.map((own) => questionIn(own, call.body));
  const answers = await evaluateAll(dependencies, call as Call, questions);
  switch (options?.evaluations_semantic) {
    case 'deny_on_first_deny':
      return ok({ evaluations: upTo(answers, ({ decision }) => !decision) });
    case 'permit_on_first_permit':
      return ok({ evaluations: upTo(answers, ({ decision }) => decision) });
    default:
      return ok({ evaluations: answers });
  }
};
