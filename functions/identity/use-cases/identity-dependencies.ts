// What the use cases of the identity service are given.
import type { AccessModel, ChangeAccess } from '../../authz/public.ts';
import type { Cursors } from '../../shared/http/cursor.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { MemberStore } from '../ports.ts';

export interface IdentityDependencies {
  readonly members: MemberStore;
  readonly model: AccessModel;
  /** Members bear on access, so they change by the same way as roles do. */
  readonly changeAccess: ChangeAccess;
  readonly cursors: Cursors;
  readonly world: World;
}
