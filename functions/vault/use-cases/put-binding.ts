// Binds secret names to a pipeline on the caller's authority.
import type * as z from 'zod';
import { workspaceStands } from '../../authz/public.ts';
import { demand } from '../../shared/http/demand.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import { environment, type OrgId } from '../../shared/kernel/ids.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { type Binding, placeOf } from '../domain/binding.ts';
import { candidates, scopeAt } from '../domain/location.ts';
import { mostSpecific } from '../domain/resolution.ts';
import type { BindingStore, Named, SecretStore } from '../ports.ts';
import type { bindingBody } from '../schemas.ts';
import { type BindingShape, shapeOfBinding } from './binding-shape.ts';
import { meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';
import { readInputs } from './demand-write.ts';

interface Dependencies {
  readonly secrets: SecretStore;
  readonly bindings: BindingStore;
  readonly commit: CommitChange;
  readonly world: World;
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

type PutCall = Call<{ workspace: string; pipeline: string }, object, z.infer<typeof bindingBody>>;

export const putBinding = async (dependencies: Dependencies, call: PutCall): Promise<Answer<BindingShape>> => {
  const { bindings, commit, world, workspaceExists } = dependencies;
  const { org, params, body, caller } = call;
  const before = await bindings.get(org, params.workspace, params.pipeline);
  if (before !== undefined) demand(call, 'secrets', scopeAt(placeOf(before)), 'read', readInputs(placeOf(before)));
  if (!(await workspaceExists(org, params.workspace))) throw notFound();
  if (call.ifMatch !== undefined && call.ifMatch !== before?.version) throw versionMismatch();
  const after: Binding = {
    org,
    ...params,
    names: body.names,
    ...(body.environment === undefined ? {} : { environment: body.environment }),
    ...(body.app === undefined ? {} : { app: body.app, namespace: body.namespace }),
    author: caller.principal,
    revision: newId(world),
    updatedAtMs: world.nowMs(),
    version: (before?.version ?? 0) + 1,
  };
  await demandEachName(dependencies, call, after);
  const writes = [...bindings.write(before, after, meanwhile(call)), workspaceStands(org, params.workspace, notFound)];
  await commit(call, writes, {
    type: 'admin.settings_changed',
    action: 'bind-secrets',
    workspace: params.workspace,
    resource: { type: 'pipeline-secrets', id: params.pipeline, scope: scopeAt(placeOf(after)) },
    changes: [{ path: '/names', ...(before === undefined ? {} : { before: [...before.names] }), after: [...after.names] }],
    details: { author: caller.principal, ...(after.environment === undefined ? {} : { environment: after.environment }) },
  });
  return ok(shapeOfBinding(after), after.version);
};

/** The author needs the right where each name is found today; where it is found later is asked at each resolve. */
const demandEachName = async ({ secrets }: Dependencies, call: PutCall, binding: Binding): Promise<void> => {
  const environments = binding.environment === undefined ? environment.options : [binding.environment];
  const lookups = environments.flatMap((each) =>
    binding.names.map((name) => candidates(placeOf(binding, each)).map((location): Named => ({ name, location }))),
  );
  const found = await secrets.at(call.org, lookups.flat());
  let at = 0;
  for (const places of lookups) {
    const secret = mostSpecific(found.slice(at, at + places.length));
    at += places.length;
    if (secret !== undefined) demand(call, 'secrets', scopeAt(secret.location), 'read', readInputs(secret.location));
  }
};
