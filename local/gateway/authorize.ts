// What API Gateway makes of an authorizer's answer: the policy is evaluated, the context becomes strings.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import { withDeadline } from './invoke.ts';
import type { GatewayContext } from './resources.ts';
import { methodArnOf, toAuthorizerEvent } from './to-authorizer-event.ts';
import type { AuthorizerContext, TakenRequest } from './to-event.ts';

/** A REQUEST authorizer; it throws for any credential that it does not take. */
export type Authorizer = (event: APIGatewayRequestAuthorizerEvent, context: GatewayContext) => Promise<APIGatewayAuthorizerResult>;

const unauthenticated = (cause?: unknown): AppError =>
  new AppError('unauthenticated', 'send a valid credential as `Authorization: Bearer …`', {
    headers: { 'www-authenticate': 'Bearer' },
    cause,
  });

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** `*` and `?` of IAM; the rest is literal. */
const globMatches = (glob: unknown, text: string): boolean => {
  if (typeof glob !== 'string') return false;
  const pattern = glob
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${pattern}$`).test(text);
};

/** Allowed by one statement and denied by none; what is not understood allows nothing. */
const policyAllows = (policy: unknown, arn: string): boolean => {
  const statements = list((policy as { Statement?: unknown } | undefined)?.Statement ?? []) as Record<string, unknown>[];
  const meant = statements.filter(
    ({ Action, Resource }) =>
      list(Action).some((action) => globMatches(action, 'execute-api:Invoke')) && list(Resource).some((each) => globMatches(each, arn)),
  );
  const allows = meant.filter(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined);
  return allows.length > 0 && !meant.some(({ Effect }) => Effect !== 'Allow');
};

/** Flat values only; numbers and booleans arrive as strings. @throws Error for anything else, as API Gateway fails then */
const passedOn = (result: APIGatewayAuthorizerResult, integrationLatency: number): AuthorizerContext => {
  const passed: [string, string | number | null][] = [];
  for (const [name, value] of Object.entries(result.context ?? {})) {
    if (value === undefined) continue;
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) throw new Error('the authorizer context is not flat');
    passed.push([name, value === null ? null : String(value)]);
  }
  return Object.fromEntries([...passed, ['principalId', result.principalId], ['integrationLatency', integrationLatency]]);
};

/**
 * @returns what the handler finds as `requestContext.authorizer`
 * @throws AppError `unauthenticated` for whatever else the authorizer does
 */
export const authorize = async (
  authorizer: Authorizer,
  request: TakenRequest,
  context: GatewayContext,
  { nowMs, deadlineMs }: { nowMs: () => number; deadlineMs: number },
): Promise<AuthorizerContext> => {
  const event = toAuthorizerEvent(request);
  try {
    const startedAtMs = nowMs();
    const asked = (async () => authorizer(event, context))();
    const result = await withDeadline(asked, deadlineMs, () => new Error('the authorizer does not answer'));
    if (typeof result.principalId !== 'string') throw new Error('the authorizer names no principal');
    if (!policyAllows(result.policyDocument, methodArnOf(request))) throw new Error('the authorizer does not allow this method');
    return passedOn(result, nowMs() - startedAtMs);
  } catch (cause) {
    throw unauthenticated(cause);
  }
};
