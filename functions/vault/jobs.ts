// What runs without a request: the daily step and re-encryption, for a schedule on AWS and for the laptop alike.
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Platform } from '../shared/platform.ts';
import { vaultDependencies } from './dependencies.ts';
import type { Reencryption } from './ports.ts';
import { type Expiring, expireAll } from './use-cases/expire-secrets.ts';
import { reencryptStep } from './use-cases/reencrypt-secrets.ts';
import { type Tended, tendAll } from './use-cases/tend-keys.ts';

type JobPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'keys'>;

/** @returns a function that looks at all expiries, records what is new, and returns everything to alarm on */
export const expireSecrets = (platform: JobPlatform): (() => Promise<Expiring[]>) => {
  const dependencies = vaultDependencies(platform);
  return () => expireAll(dependencies);
};

/** @returns one step of a workspace's re-encryption; call it until `status` is `done`, whatever happened in between */
export const runReencryption = (platform: JobPlatform): ((org: OrgId, workspace: string) => Promise<Reencryption | undefined>) => {
  const dependencies = vaultDependencies(platform);
  return (org, workspace) => reencryptStep(dependencies, org, workspace);
};

/** @returns rotation by age, and an end to what stopped half-way; work beyond `untilMs` is left to the next call */
export const tendKeys = (platform: JobPlatform): ((untilMs?: number) => Promise<Tended>) => {
  const dependencies = vaultDependencies(platform);
  return (untilMs) => tendAll(dependencies, untilMs);
};
