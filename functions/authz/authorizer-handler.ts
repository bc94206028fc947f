// The authorizer's Lambda entry: environment, table, the user pool's keys.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { cognitoVerifyJwt } from './adapters/cognito-verify-jwt.ts';
import { createAuthorizer } from './authorizer.ts';
import { authorizerEnv } from './env.ts';

const env = parseEnv(authorizerEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const { table } = awsPlatform({ world: realWorld, log, tableName: env.TABLE_NAME });

export const handler = createAuthorizer({
  table,
  world: realWorld,
  log,
  verifyJwt: cognitoVerifyJwt({ userPoolId: env.USER_POOL_ID, clientId: env.USER_POOL_CLIENT_ID }),
});
