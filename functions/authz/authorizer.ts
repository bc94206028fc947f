// The REQUEST authorizer of the API: it authenticates, and the handlers authorize. Whatever goes wrong is `Unauthorized`.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { tableMemberStore } from '../identity/public.ts';
import type { Caller } from '../shared/kernel/call.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import type { World } from '../shared/kernel/world.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Table } from '../shared/ports/table.ts';
import { tableTokenStore } from './adapters/table-token-store.ts';
import { lru } from './domain/lru.ts';
import type { TokenStore, VerifyJwt } from './ports.ts';
import { authenticate, defaultMfaMethods } from './use-cases/authenticate.ts';

export { joseVerifyJwt } from './adapters/jose-verify-jwt.ts';

/** Longer than any access token with its claims. */
const maxCredentialLength = 16_384;
/** How exact `lastUsedAt` is. */
const touchEveryMs = 5 * 60_000;
const maxTouched = 10_000;

const credentialOf = ({ headers, multiValueHeaders }: APIGatewayRequestAuthorizerEvent): string | undefined => {
  const isIt = ([name]: [string, unknown]): boolean => name.toLowerCase() === 'authorization';
  const many = Object.entries(multiValueHeaders ?? {})
    .filter(isIt)
    .flatMap(([, values]) => values ?? []);
  const single = Object.entries(headers ?? {})
    .filter(isIt)
    .flatMap(([, value]) => value ?? []);
  // INVARIANT: two credentials are none, so that nobody can read another one than we do.
  const values = many.length > 0 ? many : single;
  const [value] = values;
  if (values.length !== 1 || value === undefined || value.length > maxCredentialLength) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(value)?.[1];
};

/** Every path of the API's stage: which of them the caller may use is the handlers' to say, and answers are not cached. */
const allow = (methodArn: string, caller: Caller): APIGatewayAuthorizerResult => {
  const [api = '', stage = ''] = methodArn.split('/');
  const { mfa, ...strings } = caller;
  return {
    principalId: caller.principal,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }],
    },
    context: { ...strings, ...(mfa === undefined ? {} : { mfa: String(mfa) }) },
  };
};

/** Writes when a token was used, at most once in a while. */
const tokenToucher = (tokens: TokenStore, world: World, log: Log) => {
  const touched = lru<string, number>(maxTouched);
  return async (org: OrgId, id: string): Promise<void> => {
    const nowMs = world.nowMs();
    if (nowMs - (touched.get(id) ?? Number.NEGATIVE_INFINITY) < touchEveryMs) return;
    touched.set(id, nowMs);
    await tokens.touch(org, id, nowMs).catch((error: unknown) => log.warn('the use of a token was not noted', { org, error }));
  };
};

export interface AuthorizerOptions {
  readonly table: Table;
  readonly world: World;
  readonly log: Log;
  readonly verifyJwt: VerifyJwt;
  /** Values of `amr` that prove a second factor. */
  readonly mfaMethods?: ReadonlySet<string>;
}

export const createAuthorizer = ({ table, world, log, verifyJwt, mfaMethods = defaultMfaMethods }: AuthorizerOptions) => {
  const tokens = tableTokenStore(table);
  const dependencies = {
    tokens,
    members: tableMemberStore(table),
    verifyJwt,
    clock: world,
    mfaMethods,
    tokenUsed: tokenToucher(tokens, world, log),
  };
  return async (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
    try {
      const credential = credentialOf(event);
      if (credential === undefined) throw new Error('there is no bearer credential');
      return allow(event.methodArn, await authenticate(dependencies, credential));
    } catch (error) {
      log.info('a credential was refused', { requestId: event.requestContext?.requestId, service: 'authorizer', error });
      throw new Error('Unauthorized');
    }
  };
};
