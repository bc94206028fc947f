// Changes a secret's metadata: status, description, tags, expiry.
import type * as z from 'zod';
import type { Change } from '../../audit/public.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import { type Secret, touched } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { Metadata, patchBody } from '../schemas.ts';
import { assertChangeable, meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { demandDecoy } from './demand-write.ts';
import { futureMs } from './future.ts';
import { secretEvent } from './secret-event.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly world: World;
}

type PatchCall = Call<object, object, z.infer<typeof patchBody>, Secret>;

const patched = (secret: Secret, body: PatchCall['body'], nowMs: number): Secret => ({
  ...secret,
  ...(body.status === undefined ? {} : { disabled: body.status === 'disabled' }),
  ...(body.description === undefined ? {} : { description: body.description ?? undefined }),
  ...(body.hosts === undefined ? {} : { hosts: body.hosts ?? undefined }),
  ...(body.decoy === undefined ? {} : { decoy: body.decoy ? true : undefined }),
  ...(body.tags === undefined ? {} : { tags: body.tags }),
  ...(body.expiresAt === undefined ? {} : { expiresAtMs: body.expiresAt === null ? undefined : futureMs(body.expiresAt, nowMs) }),
});

const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : toTime(ms));

const hostsOrNull = ({ hosts }: Secret): string[] | null => (hosts === undefined ? null : [...hosts]);

/** Free text is recorded as changed, not as written; what is a decoy is not recorded at all, since it looks like any other. */
const changesOf = (before: Secret, after: Secret): Change[] => [
  ...(before.disabled === after.disabled ? [] : [{ path: '/disabled', before: before.disabled, after: after.disabled }]),
  ...(before.description === after.description ? [] : [{ path: '/description' }]),
  ...(before.tags.join('\n') === after.tags.join('\n') ? [] : [{ path: '/tags', before: [...before.tags], after: [...after.tags] }]),
  ...(String(before.hosts) === String(after.hosts) ? [] : [{ path: '/hosts', before: hostsOrNull(before), after: hostsOrNull(after) }]),
  ...(before.expiresAtMs === after.expiresAtMs
    ? []
    : [{ path: '/expiresAt', before: timeOrNull(before.expiresAtMs), after: timeOrNull(after.expiresAtMs) }]),
];

export const patchSecret = async ({ secrets, commit, world }: Dependencies, call: PatchCall): Promise<Answer<Metadata>> => {
  const before = call.located;
  if (call.body.decoy !== undefined) demandDecoy(call);
  assertChangeable(before, call.ifMatch);
  const nowMs = world.nowMs();
  const after = touched(patched(before, call.body, nowMs), call.caller.principal, nowMs);
  const event = secretEvent('secret.updated', 'update-secret', after, { changes: changesOf(before, after) });
  await commit(call, secrets.change(before, after, meanwhile(call)), event);
  return ok(await oneShape(secrets, call.org, after, nowMs), after.revision);
};
