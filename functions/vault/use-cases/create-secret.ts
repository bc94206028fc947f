// Creates a secret with its first value.

import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { scopeAt } from '../domain/location.ts';
import type { Secret } from '../domain/secret.ts';
import type { BranchKeys, SecretStore } from '../ports.ts';
import type { createBody, Metadata } from '../schemas.ts';
import type { CommitChange } from './commit-change.ts';
import { demandEverywhere } from './demand-write.ts';
import { futureMs } from './future.ts';
import { sealValue } from './seal-value.ts';
import { oneShape } from './secret-shape.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly branchKeys: BranchKeys;
  readonly commit: CommitChange;
  readonly world: World;
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

export const createSecret = async (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof createBody>>,
): Promise<Answer<Metadata>> => {
  const { secrets, commit, world, workspaceExists } = dependencies;
  const { org, caller, body } = call;
  const { name, location, description, tags, value, encoding } = body;
  demandEverywhere(call, 'write', location);
  const nowMs = world.nowMs();
  const expiresAtMs = futureMs(body.expiresAt, nowMs);
  if (!(await workspaceExists(org, location.workspace)))
    throw invalid({ pointer: '/location/workspace', detail: 'there is no such workspace' });
  const by = caller.principal;
  const secret: Secret = {
    id: newId(world),
    org,
    name,
    location,
    ...(description === undefined ? {} : { description }),
    tags,
    disabled: false,
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
  const sealed = await sealValue(dependencies, secret, { value, encoding });
  await commit(call, secrets.creation(secret, sealed), {
    type: 'secret.created',
    action: 'create-secret',
    workspace: location.workspace,
    resource: { type: 'secret', id: secret.id, scope: scopeAt(location) },
    details: { name, version: 1, ...(location.environment === undefined ? {} : { environment: location.environment }) },
  });
  return created(await oneShape(secrets, org, secret, nowMs), `/v1/orgs/${org}/secrets/${secret.id}`, secret.revision);
};
