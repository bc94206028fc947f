// The audit service's Lambda entry: environment, platform, app.
import { accessSource } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { appKit } from '../shared/http/app-kit.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { auditDependencies, serviceName } from './dependencies.ts';
import { auditEnv } from './env.ts';
import { apiConfig } from './platform-config.ts';
import { routes } from './routes.ts';
import { denialRecorder } from './use-cases/record-denial.ts';

const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const platform = awsPlatform(apiConfig(parseEnv(auditEnv, process.env), log));
const { table } = platform;
const recordDenial = denialRecorder({ table, world: realWorld, service: serviceName });
const kit = appKit(platform, { service: serviceName, access: accessSource({ table, world: realWorld }), recordDenial });

export const handler = createApp(kit, routes, auditDependencies(platform));
