// The vault's Lambda entry: environment, platform, app.
import { accessSource, decisionCounter, flushAtStop, serviceKit } from '../authz/public.ts';
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { createApp } from '../shared/http/app.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { serviceName, vaultDependencies } from './dependencies.ts';
import { vaultEnv } from './env.ts';
import { platformConfig } from './platform-config.ts';
import { routes } from './routes.ts';

const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const platform = awsPlatform(platformConfig(parseEnv(vaultEnv, process.env), log));
const kit = serviceKit(platform, serviceName, accessSource({ table: platform.table, world: realWorld }));
flushAtStop(decisionCounter({ table: platform.table, world: realWorld, log }), process);

export const handler = createApp(kit, routes, vaultDependencies(platform));
