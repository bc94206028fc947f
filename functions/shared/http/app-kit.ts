// The kit of a service's app from its platform: what differs between services is their name and the two functions given.
import type { AccessSource } from '../kernel/call.ts';
import { orgKeys } from '../org-keys.ts';
import type { Platform } from '../platform.ts';
import type { AppKit } from './app.ts';
import { idempotency } from './idempotency.ts';

type KitPlatform = Pick<Platform, 'world' | 'log' | 'table' | 'keyTable' | 'keys'>;

export const appKit = (
  platform: KitPlatform,
  { service, access, recordDenial }: { service: string; access: AccessSource; recordDenial: AppKit['recordDenial'] },
): AppKit => {
  const { world, log, table, keyTable, keys } = platform;
  const ownKeys = orgKeys({ keyTable, keys, clock: world });
  return { service, world, log, access, recordDenial, idempotency: idempotency({ table, orgKeys: ownKeys, clock: world }) };
};
