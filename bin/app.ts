// The CDK app: `cdk synth`, `cdk deploy --all`; `-c stage=prod` picks the stage.
import { App } from 'aws-cdk-lib';
import { buildApp } from '../lib/build-app.ts';
import { configOf } from '../lib/config.ts';

const app = new App();
const stage: unknown = app.node.tryGetContext('stage') ?? 'dev';
buildApp(app, configOf(String(stage)));
