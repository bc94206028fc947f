// What the identity service's use cases need, made from a platform; the laptop and the Lambda handler call it alike.
import { committer } from '../audit/public.ts';
import { accessChanges } from '../authz/public.ts';
import { cursors } from '../shared/http/cursor.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import type { IdentityDependencies } from './use-cases/identity-dependencies.ts';

/** The name that the identity service's events bear. */
export const serviceName = 'identity';

type IdentityPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'keys'>;

export const identityDependencies = ({ world, table, keyTable, keys }: IdentityPlatform): IdentityDependencies => {
  const { members, model, changeAccess } = accessChanges({ table, world, commit: committer({ table, world, service: serviceName }) });
  return {
    members,
    model,
    changeAccess,
    cursors: cursors({ orgKeys: orgKeys({ keyTable, keys, clock: world }), randomness: world }),
    world,
  };
};
