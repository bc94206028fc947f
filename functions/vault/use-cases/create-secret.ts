// Creates a secret with its first value.

import type * as z from 'zod';
import { workspaceStands } from '../../authz/public.ts';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId } from '../../shared/kernel/world.ts';
import { scopeAt } from '../domain/location.ts';
import type { Secret } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { createBody, Written } from '../schemas.ts';
import { noSuchWorkspace } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { demandDecoy } from './demand-write.ts';
import { futureMs } from './future.ts';
import { beginSealing, type SealDependencies } from './seal-value.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies extends SealDependencies {
  readonly secrets: SecretStore;
  readonly commit: CommitChange;
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

export const createSecret = async (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof createBody>>,
): Promise<Answer<Written>> => {
  const { secrets, commit, world, workspaceExists } = dependencies;
  const { org, caller, body } = call;
  const { name, location, description, tags, hosts, decoy, value, encoding } = body;
  if (decoy !== undefined) demandDecoy(call);
  const nowMs = world.nowMs();
  const expiresAtMs = futureMs(body.expiresAt, nowMs);
  if (!(await workspaceExists(org, location.workspace))) throw noSuchWorkspace();
  const by = caller.principal;
  const secret: Secret = {
    id: newId(world),
    org,
    name,
    location,
    ...(description === undefined ? {} : { description }),
    tags,
    disabled: false,
    ...(hosts === undefined ? {} : { hosts }),
    ...(decoy === true ? { decoy } : {}),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    current: 1,
    latest: 1,
    versions: [1],
    createdAtMs: nowMs,
    createdBy: by,
    updatedAtMs: nowMs,
    updatedBy: by,
    revision: 1,
  };
  const sealing = await beginSealing(dependencies, secret);
  const sealed = await sealing.seal(secret, { value, encoding });
  await commit(call, [...secrets.creation(secret, sealed), workspaceStands(org, location.workspace, noSuchWorkspace)], {
    type: 'secret.created',
    action: 'create-secret',
    workspace: location.workspace,
    resource: { type: 'secret', id: secret.id, scope: scopeAt(location) },
    details: { name, version: 1, ...(location.environment === undefined ? {} : { environment: location.environment }) },
  });
  await sealing.afterwards();
  const shown = { ...(await oneShape(secrets, org, secret, nowMs)), detectable: sealed.detectable };
  return created(shown, `/v1/orgs/${org}/secrets/${secret.id}`, secret.revision);
};
