// What the use cases of access control are given.
import type { MemberStore } from '../../identity/public.ts';
import type { Cursors } from '../../shared/http/cursor.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { AssignmentStore, ModelStore, TokenStore, UsageStore, WorkspaceContents, WorkspaceStore } from '../ports.ts';
import type { ChangeAccess } from './change-access.ts';
import type { CommitChange } from './commit-change.ts';
import type { AccessModel } from './load-access.ts';
import type { LoadDirectory } from './load-directory.ts';
import type { UsageRecorder } from './record-usage.ts';

export interface AuthzDependencies {
  readonly model: AccessModel;
  readonly loadDirectory: LoadDirectory;
  /** The process's own, shared with the access of its requests. */
  readonly usage: UsageRecorder;
  readonly usageRecords: UsageStore;
  readonly changeAccess: ChangeAccess;
  readonly commit: CommitChange;
  readonly models: ModelStore;
  readonly assignments: AssignmentStore;
  readonly tokens: TokenStore;
  readonly workspaces: WorkspaceStore;
  readonly members: MemberStore;
  readonly cursors: Cursors;
  readonly world: World;
  /** Asked before a workspace is deleted; each says what it still keeps there. */
  readonly workspaceContents: readonly WorkspaceContents[];
}
