// The shipper's Lambda entry: environment, platform, pipeline.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { shipperEnv } from './env.ts';
import { organizationsOf, shipperOf } from './pipeline.ts';
import { deliveredConfig, shipperConfig } from './platform-config.ts';
import { createShipper } from './shipper.ts';

const env = parseEnv(shipperEnv, process.env);
const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const platform = awsPlatform(shipperConfig(env, log));
const { archive } = awsPlatform(deliveredConfig(env, log));

export const handler = createShipper({ ...shipperOf(platform, archive), organizations: () => organizationsOf(platform), log });
