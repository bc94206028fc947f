// Every partition and sort key of the vault.
import { globalTenant, type Key } from '../../shared/ports/table.ts';
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

const referencePrefix = 'reference#';
/** Rows of one secret that say where it was resolved from. */
export const referenceRange = { prefix: referencePrefix };
export const referenceKey = (org: string, workspace: string, id: string, pipeline: string, environment: string): Key => ({
  pk: `${org}#${workspace}#secret#${id}`,
  sk: `${referencePrefix}${pipeline}#${environment}`,
});

/** Which expiry of a secret was recorded last. */
export const expiryNoticeKey = (org: string, workspace: string, id: string): Key => ({
  pk: `${org}#${workspace}#secret#${id}`,
  sk: 'expiry-notice',
});

/** Fingerprints of one workspace's secrets, a row each. */
export const fingerprintPartition = (org: string, workspace: string): string => `${org}#${workspace}#secret-fingerprints`;
export const fingerprintKey = (org: string, workspace: string, id: string): Key => ({ pk: fingerprintPartition(org, workspace), sk: id });

/** The epoch of a workspace's secrets, and its re-encryption. */
const vaultPartition = (org: string, workspace: string): string => `${org}#${workspace}#vault`;
export const stateKey = (org: string, workspace: string): Key => ({ pk: vaultPartition(org, workspace), sk: 'state' });
export const reencryptionKey = (org: string, workspace: string): Key => ({ pk: vaultPartition(org, workspace), sk: 'reencryption' });

/** Imports that are all or nothing, larger than one transaction. */
export const importPartition = (org: string, workspace: string): string => `${org}#${workspace}#secret-imports`;
export const importKey = (org: string, workspace: string, id: string): Key => ({ pk: importPartition(org, workspace), sk: id });

export const bindingPartition = (org: string, workspace: string): string => `${org}#${workspace}#secret-bindings`;
export const bindingKey = (org: string, workspace: string, pipeline: string): Key => ({
  pk: bindingPartition(org, workspace),
  sk: pipeline,
});

/** In the key table, from here on. */
const branchKeyPartition = (org: string, workspace: string): string => `${org}#${workspace}#branch-keys`;
export const currentBranchKey = (org: string, workspace: string): Key => ({ pk: branchKeyPartition(org, workspace), sk: 'current' });
const branchKeyPrefix = 'key#';
export const branchKey = (org: string, workspace: string, keyId: string): Key => ({
  pk: branchKeyPartition(org, workspace),
  sk: `${branchKeyPrefix}${keyId}`,
});
export const branchKeysOf = (org: string, workspace: string) => ({
  pk: branchKeyPartition(org, workspace),
  range: { prefix: branchKeyPrefix },
});
export const branchKeyIdOf = (sk: string): string => sk.slice(branchKeyPrefix.length);
export const fingerprintKeyRow = (org: string, workspace: string): Key => ({ pk: branchKeyPartition(org, workspace), sk: 'fingerprints' });

/** Which workspaces of an organization have branch keys, and which organizations have such workspaces. */
export const keyedWorkspacesPartition = (org: string): string => `${org}#branch-key-workspaces`;
export const keyedOrganizationsPartition = `${globalTenant}#vault-organizations`;
