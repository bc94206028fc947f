// The keys stack: everything else leans on it, and nothing in it ever goes away by itself.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { Keys } from '../constructs/keys.ts';

export class KeysStack extends Stack {
  readonly keys: Keys;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id, { terminationProtection: config.stage === 'prod', description: 'Security plane: keys' });
    this.keys = new Keys(this, 'Keys', { stage: config.stage });
  }
}
