// Every partition and sort key of the vault.
import type { Key } from '../../shared/ports/table.ts';
import type { Location } from '../domain/location.ts';

/** Where each id of the organization lives: ids are random, so this tells nothing of a workspace. */
export const pointerPartition = (org: string): string => `${org}#secrets`;
export const pointerKey = (org: string, id: string): Key => ({ pk: pointerPartition(org), sk: id });

/** Heads of one workspace's secrets, by name and then by place. */
export const headPartition = (org: string, workspace: string): string => `${org}#${workspace}#secrets`;
export const headKey = (org: string, location: Location, name: string): Key => ({
  pk: headPartition(org, location.workspace),
  sk: `${name}#${location.app ?? ''}/${location.namespace ?? ''}#${location.environment ?? ''}`,
});

const versionDigits = 10;
export const valueKey = (org: string, workspace: string, id: string, version: number): Key => ({
  pk: `${org}#${workspace}#secret#${id}`,
  sk: `value#${String(version).padStart(versionDigits, '0')}`,
});

export const accessKey = (org: string, workspace: string, id: string): Key => ({ pk: `${org}#${workspace}#secret#${id}`, sk: 'access' });

export const bindingPartition = (org: string, workspace: string): string => `${org}#${workspace}#secret-bindings`;
export const bindingKey = (org: string, workspace: string, pipeline: string): Key => ({
  pk: bindingPartition(org, workspace),
  sk: pipeline,
});

/** In the key table. */
export const currentBranchKey = (org: string, workspace: string): Key => ({ pk: `${org}#${workspace}#branch-keys`, sk: 'current' });
export const branchKey = (org: string, workspace: string, keyId: string): Key => ({
  pk: `${org}#${workspace}#branch-keys`,
  sk: `key#${keyId}`,
});
