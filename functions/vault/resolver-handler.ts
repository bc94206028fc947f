// The resolver's Lambda entry: environment, platform, resolver.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { resolverDependencies } from './dependencies.ts';
import { resolverEnv } from './env.ts';
import { platformConfig } from './platform-config.ts';
import { createResolver } from './resolver.ts';

const log = jsonLog((line) => process.stdout.write(`${line}\n`));

export const handler = createResolver(resolverDependencies(awsPlatform(platformConfig(parseEnv(resolverEnv, process.env), log))));
