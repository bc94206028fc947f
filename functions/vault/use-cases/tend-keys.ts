// The daily care of keys: rotation by age, re-encryptions and imports that stopped half-way.
import { AppError } from '../../shared/kernel/errors.ts';
import type { ImportStore } from '../ports.ts';
import { vaultItself } from './expire-secrets.ts';
import { type ReencryptDependencies, runJob } from './reencrypt-secrets.ts';
import { rotateNow } from './rotate-key.ts';

/** A branch key older than this gives way to a new one. */
const maxAgeMs = 90 * 24 * 60 * 60_000;

export interface Tended {
  /** Workspaces, as `<org>/<workspace>`. */
  readonly rotated: readonly string[];
  readonly reencrypted: readonly string[];
}

/** @param untilMs when the work stops, to go on at the next call */
export const tendAll = async (
  dependencies: ReencryptDependencies & { readonly imports: ImportStore },
  untilMs = Number.POSITIVE_INFINITY,
): Promise<Tended> => {
  const { branchKeys, imports, reencryptions, world } = dependencies;
  const rotated: string[] = [];
  const reencrypted: string[] = [];
  for (const org of await branchKeys.organizations()) {
    for (const workspace of await branchKeys.workspaces(org)) {
      await imports.settleAll(org, workspace);
      const current = (await branchKeys.list(org, workspace)).find((key) => key.current);
      if (current !== undefined && world.nowMs() - current.createdAtMs >= maxAgeMs) {
        await rotateNow(dependencies, vaultItself(org, world), workspace, 'age').catch(ignoreConflict);
        rotated.push(`${org}/${workspace}`);
      }
      if ((await reencryptions.get(org, workspace))?.status !== 'running') continue;
      await runJob(dependencies, org, workspace, untilMs);
      reencrypted.push(`${org}/${workspace}`);
    }
  }
  return { rotated, reencrypted };
};

/** Somebody else rotated at the same time: so be it. */
const ignoreConflict = (error: unknown): void => {
  if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
};
