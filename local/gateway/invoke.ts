// One invocation of a handler, as Lambda makes it: a context, a deadline, and whatever it answers or throws judged.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import { uuidv7, type World } from '../../functions/shared/kernel/world.ts';
import { fromResult, type HttpAnswer } from './from-result.ts';
import { badGateway } from './problem-answer.ts';
import type { App, GatewayContext } from './resources.ts';
import { localApi } from './to-event.ts';

/** A function of the deployment has this long. */
const functionMs = 30_000;

export const lambdaContext = (name: string, world: World, signal: AbortSignal): GatewayContext => {
  const deadlineMs = world.nowMs() + functionMs;
  const nothing = (): void => {};
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${localApi.region}:${localApi.accountId}:function:${name}`,
    memoryLimitInMB: '512',
    awsRequestId: uuidv7(world),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => deadlineMs - world.nowMs(),
    done: nothing,
    fail: nothing,
    succeed: nothing,
    signal,
  };
};

/** @throws whatever `late` makes when the promise takes longer */
export const withDeadline = async <T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> => {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * @throws AppError `dependency-timeout` behind the gateway's deadline; {@link badGateway} when the handler throws or answers
 * what is no proxy result
 */
export const invoke = async (
  app: App,
  event: APIGatewayProxyEvent,
  context: GatewayContext,
  integrationMs: number,
): Promise<HttpAnswer> => {
  const running = (async (): Promise<unknown> => app(event, context))().catch((cause: unknown) => {
    throw badGateway(cause);
  });
  const answer = fromResult(await withDeadline(running, integrationMs, () => new AppError('dependency-timeout', '')));
  if (answer === undefined) throw badGateway(new Error('the handler answered what is no proxy result'));
  return answer;
};
