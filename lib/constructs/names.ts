// Names that two places must agree on: roles are named, so that key and bucket policies can name them before they exist.
import { Aws } from 'aws-cdk-lib';
import type { FunctionName } from '../config.ts';

/** What may act on keys and on the audit bucket besides functions. */
export type RoleName = FunctionName | 'delivery' | 'outbox-pipe';

/** Begins every name of a stage. */
export const prefixOf = (stage: string): string => `security-plane-${stage}`;

/** @returns a role's name; IAM is global, so it bears the region */
export const roleNameOf = (stage: string, name: RoleName): string => `${prefixOf(stage)}-${name}-${Aws.REGION}`;

/** @returns the ARN of a role of this deployment, whether or not it exists yet */
export const roleArnOf = (stage: string, name: RoleName): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleNameOf(stage, name)}`;
