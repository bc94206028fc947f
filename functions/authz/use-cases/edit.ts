// What edits of organization-level items share: preconditions, audit records of what changed, references to workspaces and roles.
import type { Change } from '../../audit/public.ts';
import type { Call } from '../../shared/kernel/call.ts';
import { type FieldError, invalid, versionMismatch } from '../../shared/kernel/errors.ts';
import { type Scope, workspaceOf } from '../../shared/kernel/scope.ts';
import type { WorkspaceStore } from '../ports.ts';

/** @throws AppError `version-mismatch` where `If-Match` names another version */
export const matchVersion = ({ ifMatch }: Pick<Call, 'ifMatch'>, { version }: { readonly version: number }): void => {
  if (ifMatch !== undefined && ifMatch !== version) throw versionMismatch();
};

const json = (value: unknown): Change['before'] =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Change['before']);

/** @returns the fields that differ, with both values; absent before for what is new, absent after for what is gone */
export const changesBetween = <T extends object>(
  before: T | undefined,
  after: T | undefined,
  fields: readonly (keyof T & string)[],
): Change[] =>
  fields.flatMap((field): Change[] => {
    const [was, is] = [json(before?.[field]), json(after?.[field])];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ path: `/${field}`, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });

/**
 * @param named each scope of a body with the pointer to it
 * @throws AppError `validation-failed` for workspaces that there are none of
 */
export const demandWorkspaces = async (
  workspaces: WorkspaceStore,
  { org }: Pick<Call, 'org'>,
  named: readonly { readonly scope: Scope; readonly pointer: string }[],
): Promise<void> => {
  const ids = [...new Set(named.flatMap(({ scope }) => workspaceOf(scope) ?? []))];
  if (ids.length === 0) return;
  const found = await workspaces.exist(org, ids);
  const missing = new Set(ids.filter((_, index) => !found[index]));
  const faults = named.filter(({ scope }) => missing.has(workspaceOf(scope) ?? ''));
  if (faults.length > 0) throw invalid(...faults.map(({ pointer }): FieldError => ({ pointer, detail: 'there is no such workspace' })));
};

/** @returns the version that comes after one of an item */
export const nextVersion = ({ version }: { readonly version: number }): number => version + 1;
