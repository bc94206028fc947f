// The event that API Gateway sends to a REQUEST authorizer: the proxy event without body, with the method's ARN.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { localApi, type TakenRequest, toEvent } from './to-event.ts';

/** @returns the ARN of this very request, as a policy names it */
export const methodArnOf = ({ method, path }: Pick<TakenRequest, 'method' | 'path'>): string =>
  `arn:aws:execute-api:${localApi.region}:${localApi.accountId}:${localApi.apiId}/${localApi.stage}/${method}${path}`;

/** A REST API sends objects, never null, for what a request does not have. */
export const toAuthorizerEvent = (request: TakenRequest): APIGatewayRequestAuthorizerEvent => {
  const { body: _body, isBase64Encoded: _encoded, ...event } = toEvent(request, { body: null, isBase64Encoded: false });
  return {
    type: 'REQUEST',
    methodArn: methodArnOf(request),
    ...event,
    queryStringParameters: event.queryStringParameters ?? {},
    multiValueQueryStringParameters: event.multiValueQueryStringParameters ?? {},
    pathParameters: event.pathParameters ?? {},
    stageVariables: {},
    requestContext: event.requestContext as APIGatewayRequestAuthorizerEvent['requestContext'],
  };
};
