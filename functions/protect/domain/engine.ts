// Policies and deny lists compiled for one workspace: what `evaluate` runs.
import { type CustomDetector, customPattern } from './detectors/custom-pattern.ts';
import { type CompiledDenyList, compileDenyList } from './detectors/deny-list.ts';
import { foldTerm } from './fold.ts';
import { type ModelStage, type ModelStages, modelStages } from './model-stages.ts';
import { actsIn, type DenyList, type PiiAction, type Policy, type Workspaces } from './policy.ts';

/** A compiled deny list with where it acts; shared by every policy and workspace that names it. */
export interface ActingDenyList {
  readonly id: string;
  readonly workspaces: Workspaces;
  readonly compiled: CompiledDenyList;
}

export interface CompiledPolicy {
  readonly policy: Policy;
  readonly denyLists: readonly ActingDenyList[];
  readonly custom: readonly { readonly name: string; readonly action: PiiAction; readonly detect: CustomDetector }[];
  readonly models: readonly ModelStage[];
  /** @returns whether the policy spares that value */
  readonly allows: (value: string) => boolean;
}

export interface Engine {
  /** Of the policies and lists that it was made from. */
  readonly version: number;
  readonly policies: readonly CompiledPolicy[];
}

export const actingDenyList = ({ id, workspaces, entries }: DenyList): ActingDenyList => ({
  id,
  workspaces,
  compiled: compileDenyList(entries),
});

/** Letters and digits, without case: how a value is compared with the allowed ones. */
const bare = (value: string): string => foldTerm(value).replace(/[^\p{L}\p{N}@+._]/gu, '');
const bareNumber = (value: string): string | undefined => (/\p{L}|@/u.test(value) ? undefined : value.replace(/\D/g, ''));

const allowing = (allow: readonly string[]): ((value: string) => boolean) => {
  if (allow.length === 0) return () => false;
  const values = new Set(allow.map(bare).filter((value) => value !== ''));
  const numbers = new Set(allow.map(bareNumber).filter((digits) => digits !== undefined && digits !== ''));
  return (value) => values.has(bare(value)) || numbers.has(bareNumber(value));
};

/** @throws Error for a pattern beyond the limits */
export const compilePolicy = (
  policy: Policy,
  lists: ReadonlyMap<string, ActingDenyList>,
  modelsOf: ModelStages = modelStages,
): CompiledPolicy => ({
  policy,
  denyLists: policy.denyLists.map((id) => {
    const list = lists.get(id);
    // INVARIANT: a policy's lists exist: a list that a policy names cannot be deleted.
    if (list === undefined) throw new Error('a policy names a deny list that does not exist');
    return list;
  }),
  custom: (policy.pii?.custom ?? []).map(({ name, action, pattern }) => ({ name, action, detect: customPattern(pattern) })),
  models: modelsOf(policy),
  allows: allowing(policy.pii?.allow ?? []),
});

const meet = (a: Workspaces, b: Workspaces): boolean => a === '*' || b === '*' || a.some((workspace) => b.includes(workspace));

/** @returns the enabled policies whatever their workspaces, with those of their lists whose scope meets theirs: for scans outside any workspace */
export const engineOfAll = (version: number, policies: readonly CompiledPolicy[]): Engine => ({
  version,
  policies: policies
    .filter(({ policy }) => policy.enabled)
    .map((compiled) => ({
      ...compiled,
      denyLists: compiled.denyLists.filter((list) => meet(compiled.policy.workspaces, list.workspaces)),
    })),
});

/** @returns the enabled policies that act in the workspace, with those of their lists that do */
export const engineFor = (workspace: string, version: number, policies: readonly CompiledPolicy[]): Engine => ({
  version,
  policies: policies
    .filter(({ policy }) => policy.enabled && actsIn(policy.workspaces, workspace))
    .map((compiled) => ({ ...compiled, denyLists: compiled.denyLists.filter((list) => actsIn(list.workspaces, workspace)) })),
});
