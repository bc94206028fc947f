// The sealer's Lambda entry: environment, platform, pipeline.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { sealerEnv } from './env.ts';
import { organizationsOf, sealerOf } from './pipeline.ts';
import { sealerConfig } from './platform-config.ts';
import { createSealer } from './sealer.ts';

const env = parseEnv(sealerEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const platform = awsPlatform(sealerConfig(env, log));
const { seal } = sealerOf(platform, { deployment: env.DEPLOYMENT, retentionDays: env.RETENTION_DAYS });

export const handler = createSealer({ seal, organizations: () => organizationsOf(platform), log });
