// The kit of any service's app over a platform: access as it stands, denials recorded, idempotency.
import { denialRecorder } from '../audit/public.ts';
import type { AppKit } from '../shared/http/app.ts';
import { appKit } from '../shared/http/app-kit.ts';
import type { AccessSource } from '../shared/kernel/call.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Platform } from '../shared/platform.ts';
import { tableWorkspaceStore } from './adapters/table-workspace-store.ts';

/**
 * @param service the name that its events bear
 * @param access one a process, shared by its services
 */
export const serviceKit = (
  platform: Pick<Platform, 'world' | 'log' | 'table' | 'keyTable' | 'keys'>,
  service: string,
  access: AccessSource,
): AppKit => {
  const { table, world } = platform;
  const workspaces = tableWorkspaceStore(table);
  const workspaceExists = async (org: OrgId, workspace: string): Promise<boolean> => (await workspaces.get(org, workspace)) !== undefined;
  return appKit(platform, { service, access, recordDenial: denialRecorder({ table, world, service, workspaceExists }) });
};
