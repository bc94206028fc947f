// What a policy or list has to hold before it is saved: known workspaces, known lists, only protections that this build has.
import { AppError, type FieldError, invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Policy, Workspaces } from '../domain/policy.ts';
import { policyFaults } from '../domain/policy-faults.ts';
import type { DenyListStore } from '../ports.ts';

export type WorkspaceExists = (org: OrgId, workspace: string) => Promise<boolean>;

/** @throws AppError `validation-failed` naming each workspace that does not exist */
export const demandWorkspaces = async (workspaceExists: WorkspaceExists, org: OrgId, workspaces: Workspaces): Promise<void> => {
  if (workspaces === '*') return;
  const exist = await Promise.all(workspaces.map((workspace) => workspaceExists(org, workspace)));
  const errors = exist.flatMap((exists, index): FieldError[] =>
    exists ? [] : [{ pointer: `/workspaces/${index}`, detail: 'there is no such workspace' }],
  );
  if (errors.length > 0) throw invalid(...errors);
};

/** Bytes of a policy as JSON, below the 400 KB of a row. */
const maxPolicyBytes = 250_000;

interface Dependencies {
  readonly denyLists: DenyListStore;
  readonly workspaceExists: WorkspaceExists;
}

/** @throws AppError `policy-invalid`, `validation-failed`, with a pointer for each fault */
export const demandSound = async (
  { denyLists, workspaceExists }: Dependencies,
  org: OrgId,
  policy: Omit<Policy, 'id' | 'version'>,
): Promise<void> => {
  const faults = policyFaults(policy);
  if (faults.length > 0) throw new AppError('policy-invalid', 'the policy cannot be enforced as it is: see `errors`', { errors: faults });
  if (Buffer.byteLength(JSON.stringify(policy)) > maxPolicyBytes) {
    throw invalid({ pointer: '/', detail: `a policy has at most ${maxPolicyBytes} bytes` });
  }
  await demandWorkspaces(workspaceExists, org, policy.workspaces);
  const heads = await Promise.all(policy.denyLists.map((id) => denyLists.byId(org, id)));
  const errors = heads.flatMap((head, index): FieldError[] =>
    head === undefined ? [{ pointer: `/denyLists/${index}`, detail: 'there is no such deny list' }] : [],
  );
  if (errors.length > 0) throw invalid(...errors);
};
