// Moves every value of a workspace to its newest branch key, step by step: a job that goes on where it stopped, whatever stopped it.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { ConditionFailed } from '../../shared/ports/table.ts';
import { canonicalContext } from '../domain/context.ts';
import { DecryptionFailed, openEnvelope, sealEnvelope } from '../domain/envelope.ts';
import type { Secret } from '../domain/secret.ts';
import type { BranchKeys, Reencryption, ReencryptionStore, SecretStore, StateStore, StoredValue } from '../ports.ts';
import type { ReencryptionShape } from '../schemas.ts';
import { changedMeanwhile } from './change-guard.ts';
import type { CommitChange, CommitFacts } from './commit-change.ts';
import { demandKeys, type KeysCallDependencies } from './demand-keys.ts';
import { keyEvent } from './key-events.ts';
import { shapeOfJob } from './list-keys.ts';

export interface ReencryptDependencies {
  readonly secrets: SecretStore;
  readonly branchKeys: BranchKeys;
  readonly states: StateStore;
  readonly reencryptions: ReencryptionStore;
  readonly commit: CommitChange;
  readonly world: World;
}

/** Secrets of one step. */
const stepSize = 50;
/** How long a request works on the job before it answers how far it is. */
const requestMs = 2_000;
/** Reads of a secret that others keep changing. */
const tries = 5;

const asJob = ({ principal }: { principal: string }, org: OrgId, job: Reencryption): CommitFacts => ({
  org,
  caller: { org, principal: principal as CommitFacts['caller']['principal'] },
  source: {},
  requestId: `reencryption-${job.id}`,
  timeMs: job.updatedAtMs,
});

/** @returns the version's ciphertext under the other key, bound to the same context but for the key's id */
const moved = async (
  { branchKeys, world }: ReencryptDependencies,
  secret: Secret,
  version: number,
  stored: StoredValue,
  keyId: string,
): Promise<StoredValue> => {
  const { org, location, name, id: secretId } = secret;
  const place = { org, location, name, secretId, version };
  const from = canonicalContext({ ...place, keyId: stored.keyId });
  const to = canonicalContext({ ...place, keyId });
  const plaintext = await branchKeys.use(org as OrgId, location.workspace, stored.keyId, 1, (key) =>
    openEnvelope(key, from, stored.envelope),
  );
  try {
    const envelope = await branchKeys.use(org as OrgId, location.workspace, keyId, 1, (key) => sealEnvelope(key, to, plaintext, world));
    return { ...stored, keyId, envelope };
  } finally {
    plaintext.fill(0);
  }
};

/** @returns how many of its values no key opens */
const reencryptOne = async (dependencies: ReencryptDependencies, first: Secret, keyId: string): Promise<number> => {
  const { secrets } = dependencies;
  const org = first.org as OrgId;
  let secret: Secret | undefined = first;
  for (let attempt = 1; secret !== undefined; attempt += 1) {
    const of: Secret = secret;
    const rows = await secrets.values(
      org,
      of.versions.map((version) => ({ secret: of, version })),
    );
    const values = new Map<number, StoredValue>();
    let unreadable = 0;
    for (const [index, version] of of.versions.entries()) {
      const stored = rows[index];
      if (stored === undefined || stored.keyId === keyId) continue;
      try {
        values.set(version, await moved(dependencies, of, version, stored, keyId));
      } catch (error) {
        if (!(error instanceof DecryptionFailed)) throw error;
        unreadable += 1;
      }
    }
    try {
      if (values.size > 0) await secrets.recrypt(of, values);
      return unreadable;
    } catch (error) {
      if (!(error instanceof ConditionFailed) || attempt === tries) throw error;
      secret = await secrets.byId(org, of.id);
    }
  }
  return 0;
};

/**
 * One step of a workspace's job, safe to run anywhere, any number of times, by several at once.
 * @returns the job after it; undefined where there is none
 */
export const reencryptStep = async (
  dependencies: ReencryptDependencies,
  org: OrgId,
  workspace: string,
): Promise<Reencryption | undefined> => {
  const { secrets, branchKeys, states, reencryptions, commit, world } = dependencies;
  const job = await reencryptions.get(org, workspace);
  if (job === undefined || job.status === 'done') return job;
  branchKeys.enterEpoch(org, workspace, (await states.get(org, workspace)).shredded.length);
  const keyId = await branchKeys.current(org, workspace);
  // A key that became current since moves the goal: the job starts over, and passes what is there already.
  const at = keyId === job.keyId ? job : { ...job, keyId, done: 0, unreadable: 0, position: undefined };
  const page = await secrets.page(org, { workspace, limit: stepSize, ...(at.position === undefined ? {} : { after: at.position }) });
  let unreadable = 0;
  for (const { secret } of page.entries) unreadable += await reencryptOne(dependencies, secret, keyId);
  const next: Reencryption = {
    ...at,
    done: at.done + page.entries.length,
    unreadable: at.unreadable + unreadable,
    position: page.next,
    status: page.next === undefined ? 'done' : 'running',
    updatedAtMs: world.nowMs(),
    version: job.version + 1,
  };
  if (next.status === 'running') return (await reencryptions.save(org, workspace, next)) ? next : job;
  const { done, total } = next;
  const record = keyEvent(workspace, 'reencrypt-secrets', { phase: 'outcome', keyId, done, total });
  await commit(asJob({ principal: job.by }, org, next), [reencryptions.write(org, workspace, job, next, changedMeanwhile)], record);
  return next;
};

/** Runs a workspace's job to its end, or until `untilMs`. */
export const runJob = async (
  dependencies: ReencryptDependencies,
  org: OrgId,
  workspace: string,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<Reencryption | undefined> => {
  for (;;) {
    const job = await reencryptStep(dependencies, org, workspace).catch((error: unknown) => {
      // Another runner finished the job between our read and our write.
      if (error instanceof AppError && error.code === 'conflict') return undefined;
      throw error;
    });
    const now = job ?? (await reencryptions(dependencies, org, workspace));
    if (now === undefined || now.status === 'done' || dependencies.world.nowMs() >= untilMs) return now;
  }
};

const reencryptions = ({ reencryptions: store }: ReencryptDependencies, org: OrgId, workspace: string) => store.get(org, workspace);

const countOf = async (secrets: SecretStore, org: OrgId, workspace: string): Promise<number> => {
  let total = 0;
  for (let after: string | undefined; ; ) {
    const page = await secrets.page(org, { workspace, limit: 1_000, ...(after === undefined ? {} : { after }) });
    total += page.entries.length;
    if (page.next === undefined) return total;
    after = page.next;
  }
};

export const reencryptSecrets = async (
  dependencies: ReencryptDependencies & KeysCallDependencies,
  call: Call<{ workspace: string }, object, unknown>,
): Promise<Answer<ReencryptionShape>> => {
  await demandKeys(dependencies, call);
  const { secrets, branchKeys, reencryptions: store, commit, world } = dependencies;
  const { org, caller } = call;
  const { workspace } = call.params;
  const before = await store.get(org, workspace);
  if (before?.status !== 'running') {
    const nowMs = world.nowMs();
    const job: Reencryption = {
      id: newId(world),
      status: 'running',
      keyId: await branchKeys.current(org, workspace),
      done: 0,
      total: await countOf(secrets, org, workspace),
      unreadable: 0,
      by: caller.principal,
      startedAtMs: nowMs,
      updatedAtMs: nowMs,
      version: (before?.version ?? 0) + 1,
    };
    const record = keyEvent(workspace, 'reencrypt-secrets', { phase: 'intent', keyId: job.keyId, total: job.total });
    await commit(call, [store.write(org, workspace, before, job, changedMeanwhile)], record);
  }
  const job = await runJob(dependencies, org, workspace, world.nowMs() + requestMs);
  if (job === undefined) throw new Error('a job that was just written is gone');
  return { ...ok(shapeOfJob(job)), status: 202 };
};
