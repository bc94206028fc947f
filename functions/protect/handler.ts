// Prompt protection's Lambda handler.
import { accessSource, decisionCounter, flushAtStop, serviceKit } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { protectDependencies, serviceName } from './dependencies.ts';
import { protectEnv } from './env.ts';
import { routes } from './routes.ts';

const { TABLE_NAME, KEY_TABLE_NAME, SERVICE_KEY_ID } = parseEnv(protectEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const names = { tableName: TABLE_NAME, keyTableName: KEY_TABLE_NAME, keyIds: { service: SERVICE_KEY_ID } };
const platform = awsPlatform({ world: realWorld, log, ...names });
const kit = serviceKit(platform, serviceName, accessSource({ table: platform.table, world: realWorld }));
flushAtStop(decisionCounter({ table: platform.table, world: realWorld, log }), process);

export const handler = createApp(kit, routes, protectDependencies(platform));
