// Access control's Lambda entry: environment, platform, app.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { decisionCounter, flushAtStop } from './decision-counter.ts';
import { authzDependencies, serviceName } from './dependencies.ts';
import { authzEnv } from './env.ts';
import { accessSource, serviceKit } from './public.ts';
import { routes } from './routes.ts';

const { TABLE_NAME, KEY_TABLE_NAME, SERVICE_KEY_ARN } = parseEnv(authzEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const names = { tableName: TABLE_NAME, keyTableName: KEY_TABLE_NAME, keyIds: { service: SERVICE_KEY_ARN } };
const platform = awsPlatform({ world: realWorld, log, ...names });
flushAtStop(decisionCounter(platform), process);
const kit = serviceKit(platform, serviceName, accessSource({ table: platform.table, world: realWorld }));

export const handler = createApp(kit, routes, authzDependencies(platform));
