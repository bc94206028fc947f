// All stacks of one stage, and the checks that every synthesis runs.
import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from './acknowledgements.ts';
import type { StageConfig } from './config.ts';
import { prefixOf } from './constructs/names.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { AuditStack } from './stacks/audit-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { IdentityStack } from './stacks/identity-stack.ts';
import { KeysStack } from './stacks/keys-stack.ts';

export const buildStacks = (app: App, config: StageConfig) => {
  const prefix = prefixOf(config.stage);
  const keys = new KeysStack(app, `${prefix}-keys`, config);
  const data = new DataStack(app, `${prefix}-data`, { config, dataKey: keys.keys.data });
  const identity = new IdentityStack(app, `${prefix}-identity`, config);
  const audit = new AuditStack(app, `${prefix}-audit`, { config, keys: keys.keys, tables: data.tables, identity });
  const api = new ApiStack(app, `${prefix}-api`, { config, keys: keys.keys, audit });
  Tags.of(app).add('application', prefix);
  return { keys, data, identity, audit, api };
};

/** Synthesis then fails on any cdk-nag finding that the register does not acknowledge. */
export const buildApp = (app: App, config: StageConfig): void => {
  buildStacks(app, config);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  acknowledge(app, prefixOf(config.stage));
};
