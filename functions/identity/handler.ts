// The identity service's Lambda entry: environment, platform, app.
import { accessSource, decisionCounter, flushAtStop, serviceKit } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { identityDependencies, serviceName } from './dependencies.ts';
import { identityEnv } from './env.ts';
import { routes } from './routes.ts';

const { TABLE_NAME, KEY_TABLE_NAME, SERVICE_KEY_ARN } = parseEnv(identityEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const names = { tableName: TABLE_NAME, keyTableName: KEY_TABLE_NAME, keyIds: { service: SERVICE_KEY_ARN } };
const platform = awsPlatform({ world: realWorld, log, ...names });
const kit = serviceKit(platform, serviceName, accessSource({ table: platform.table, world: realWorld }));
flushAtStop(decisionCounter({ table: platform.table, world: realWorld, log }), process);

export const handler = createApp(kit, routes, identityDependencies(platform));
