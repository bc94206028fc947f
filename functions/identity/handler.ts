// The identity service's Lambda entry: environment, platform, app.
import { denialRecorder } from '../audit/public.ts';
import { accessSource } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { appKit } from '../shared/http/app-kit.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { identityDependencies, serviceName } from './dependencies.ts';
import { identityEnv } from './env.ts';
import { routes } from './routes.ts';

const { TABLE_NAME, KEY_TABLE_NAME, SERVICE_KEY_ARN } = parseEnv(identityEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const names = { tableName: TABLE_NAME, keyTableName: KEY_TABLE_NAME, keyIds: { service: SERVICE_KEY_ARN } };
const platform = awsPlatform({ world: realWorld, log, ...names });
const recordDenial = denialRecorder({ table: platform.table, world: realWorld, service: serviceName });
const kit = appKit(platform, { service: serviceName, access: accessSource(platform), recordDenial });

export const handler = createApp(kit, routes, identityDependencies(platform));
