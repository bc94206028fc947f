// The audit service's Lambda entry: environment, platform, app.
import { accessSource, decisionCounter, flushAtStop, serviceKit } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { auditDependencies, serviceName } from './dependencies.ts';
import { auditEnv } from './env.ts';
import { apiConfig } from './platform-config.ts';
import { routes } from './routes.ts';

const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const env = parseEnv(auditEnv, process.env);
const platform = awsPlatform(apiConfig(env, log));
const deployed = { mode: env.LOCK_MODE === 'COMPLIANCE' ? 'compliance' : 'governance', days: env.RETENTION_DAYS } as const;
const kit = serviceKit(platform, serviceName, accessSource({ table: platform.table, world: realWorld }));

/** This function may not open the log's keys: it finds what the index keeps. */
const noArchive = async () => ({ events: [] });
flushAtStop(decisionCounter({ table: platform.table, world: realWorld, log }), process);

export const handler = createApp(kit, routes, auditDependencies(platform, deployed, noArchive));
