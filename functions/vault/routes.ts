// The vault's route table.
import { listQuery } from '../shared/http/list.ts';
import { type Asked, type Located, routeFor } from '../shared/http/route.ts';
import { scopeOf } from '../shared/kernel/scope.ts';
import type { VaultDependencies } from './dependencies.ts';
import { type Binding, placeOf } from './domain/binding.ts';
import { type Location, scopeAt } from './domain/location.ts';
import type { Secret } from './domain/secret.ts';
import * as schemas from './schemas.ts';
import { createSecret } from './use-cases/create-secret.ts';
import { deleteBinding } from './use-cases/delete-binding.ts';
import { deleteSecret } from './use-cases/delete-secret.ts';
import { readInputs, writeInputs } from './use-cases/demand-write.ts';
import { destroyVersion } from './use-cases/destroy-version.ts';
import { importSecrets } from './use-cases/import-secrets.ts';
import { listKeys } from './use-cases/list-keys.ts';
import { listReferences } from './use-cases/list-references.ts';
import { listSecrets } from './use-cases/list-secrets.ts';
import { listVersions } from './use-cases/list-versions.ts';
import { patchSecret } from './use-cases/patch-secret.ts';
import { promoteVersion } from './use-cases/promote-version.ts';
import { putBinding } from './use-cases/put-binding.ts';
import { putValue } from './use-cases/put-value.ts';
import { readBinding } from './use-cases/read-binding.ts';
import { readSecret } from './use-cases/read-secret.ts';
import { reencryptSecrets } from './use-cases/reencrypt-secrets.ts';
import { restoreSecret } from './use-cases/restore-secret.ts';
import { rotateKey } from './use-cases/rotate-key.ts';
import { shredKeys } from './use-cases/shred-keys.ts';
import { startExecution } from './use-cases/start-execution.ts';

const route = routeFor<VaultDependencies>();

const secretsPath = '/v1/orgs/{org}/secrets';
const bindingPath = '/v1/orgs/{org}/workspaces/{workspace}/pipelines/{pipeline}/secrets';

type OneAsked = Asked<{ id: string }, object, unknown>;

/** Finds a secret by its id, and decides at its scope and environment. */
const onSecret = (action: 'read' | 'write' | 'delete') => ({
  resource: 'secrets' as const,
  action,
  scope: '{scope}',
  at: async ({ secrets }: VaultDependencies, { org, params }: OneAsked): Promise<Located<Secret> | undefined> => {
    const secret = await secrets.byId(org, params.id);
    if (secret === undefined) return undefined;
    const inputs = action === 'read' ? readInputs(secret.location) : writeInputs(secret.location);
    return { scope: scopeAt(secret.location), item: secret, inputs };
  },
});

type BindingAsked = Asked<{ workspace: string; pipeline: string }, object, unknown>;

const onBinding = {
  resource: 'secrets' as const,
  action: 'read' as const,
  scope: '{scope}',
  at: async ({ bindings }: VaultDependencies, { org, params }: BindingAsked): Promise<Located<Binding> | undefined> => {
    const binding = await bindings.get(org, params.workspace, params.pipeline);
    if (binding === undefined) return undefined;
    return { scope: scopeAt(placeOf(binding)), item: binding, inputs: readInputs(placeOf(binding)) };
  },
};

const maxImportBytes = 5 * 1024 * 1024;
const keysPath = '/v1/orgs/{org}/vault/keys';
/** The workspace's own permission, `workspace:{workspace}:manage`, is asked besides. */
const onKeys = { resource: 'secrets', action: 'delete', scope: '*' } as const;

const located = (place: Location, inputs: Located<undefined>['inputs'] = readInputs(place)): Located<undefined> => ({
  scope: scopeAt(place),
  item: undefined,
  ...(inputs === undefined ? {} : { inputs }),
});

export const routes = [
  route({
    method: 'GET',
    path: secretsPath,
    summary: 'List the metadata of secrets',
    permission: { resource: 'secrets', action: 'read', scope: '{scope}', anywhere: true },
    query: schemas.secretsQuery,
    answers: { 200: schemas.secretsPage },
    event: { none: 'reads metadata' },
    run: listSecrets,
  }),
  route({
    method: 'POST',
    path: secretsPath,
    summary: 'Create a secret',
    permission: {
      resource: 'secrets',
      action: 'write',
      scope: '{scope}',
      at: (_, { body }) => located(body.location, writeInputs(body.location)),
    },
    body: schemas.createBody,
    readOnly: [...schemas.readOnlyFields, 'status'],
    answers: { 201: schemas.written },
    event: { type: 'secret.created' },
    run: createSecret,
  }),
  route({
    method: 'POST',
    path: `${secretsPath}/import`,
    summary: 'Import secrets from a `.env` or JSON file, with an outcome for each line',
    permission: {
      resource: 'secrets',
      action: 'write',
      scope: '{scope}',
      at: (_, { body }) => located(body.location, writeInputs(body.location)),
    },
    body: schemas.importBody,
    maxBodyBytes: maxImportBytes,
    answers: { 200: schemas.importAnswer },
    event: { type: 'secret.created' },
    run: importSecrets,
  }),
  route({
    method: 'GET',
    path: `${secretsPath}/{id}`,
    summary: "Read a secret's metadata",
    permission: onSecret('read'),
    params: schemas.secretParams,
    answers: { 200: schemas.metadata },
    event: { none: 'reads metadata' },
    run: readSecret,
  }),
  route({
    method: 'PATCH',
    path: `${secretsPath}/{id}`,
    summary: "Change a secret's status, description, tags or expiry",
    permission: onSecret('write'),
    params: schemas.secretParams,
    body: schemas.patchBody,
    readOnly: [...schemas.readOnlyFields, 'name', 'location'],
    answers: { 200: schemas.metadata },
    event: { type: 'secret.updated' },
    run: patchSecret,
  }),
  route({
    method: 'DELETE',
    path: `${secretsPath}/{id}`,
    summary: 'Delete a secret; it stays recoverable for `recoveryDays`',
    permission: onSecret('delete'),
    params: schemas.secretParams,
    query: schemas.deleteQuery,
    answers: { 204: null },
    event: { type: 'secret.deleted' },
    run: deleteSecret,
  }),
  route({
    method: 'PUT',
    path: `${secretsPath}/{id}/value`,
    summary: 'Write a new version of the value',
    permission: onSecret('write'),
    params: schemas.secretParams,
    body: schemas.valueBody,
    answers: { 200: schemas.written },
    event: { type: 'secret.updated' },
    run: putValue,
  }),
  route({
    method: 'POST',
    path: `${secretsPath}/{id}/restore`,
    summary: 'Restore a deleted secret',
    permission: onSecret('write'),
    params: schemas.secretParams,
    answers: { 200: schemas.metadata },
    event: { type: 'secret.updated' },
    run: restoreSecret,
  }),
  route({
    method: 'GET',
    path: `${secretsPath}/{id}/versions`,
    summary: 'List the versions whose values are kept',
    permission: onSecret('read'),
    params: schemas.secretParams,
    answers: { 200: schemas.versionsPage },
    event: { none: 'reads metadata' },
    run: listVersions,
  }),
  route({
    method: 'GET',
    path: `${secretsPath}/{id}/references`,
    summary: 'List where the secret was resolved from in the last 90 days',
    permission: onSecret('read'),
    params: schemas.secretParams,
    answers: { 200: schemas.referencesPage },
    event: { none: 'reads metadata' },
    run: listReferences,
  }),
  route({
    method: 'POST',
    path: `${secretsPath}/{id}/versions/{n}/promote`,
    summary: 'Make a kept version the one that resolves',
    permission: onSecret('write'),
    params: schemas.versionParams,
    answers: { 200: schemas.metadata },
    event: { type: 'secret.updated' },
    run: promoteVersion,
  }),
  route({
    method: 'DELETE',
    path: `${secretsPath}/{id}/versions/{n}`,
    summary: "Destroy a version's value for good",
    permission: onSecret('delete'),
    params: schemas.versionParams,
    answers: { 204: null },
    event: { type: 'secret.updated' },
    run: destroyVersion,
  }),
  route({
    method: 'GET',
    path: keysPath,
    summary: "List workspaces' branch keys and their age",
    permission: onKeys,
    query: listQuery,
    answers: { 200: schemas.keysPage },
    event: { none: 'reads settings' },
    run: listKeys,
  }),
  route({
    method: 'POST',
    path: `${keysPath}/{workspace}/rotate`,
    summary: 'Give a workspace a new branch key; older ones stay for reading',
    permission: onKeys,
    params: schemas.keysParams,
    answers: { 200: schemas.workspaceKeys },
    event: { type: 'admin.settings_changed' },
    run: rotateKey,
  }),
  route({
    method: 'POST',
    path: `${keysPath}/{workspace}/reencrypt`,
    summary: "Move a workspace's values to its newest branch key, or see how far that is",
    permission: onKeys,
    params: schemas.keysParams,
    answers: { 202: schemas.reencryptionShape },
    event: { type: 'admin.settings_changed' },
    run: reencryptSecrets,
  }),
  route({
    method: 'POST',
    path: `${keysPath}/{workspace}/shred`,
    summary: "Make a workspace's secrets unreadable for good, in two steps",
    permission: onKeys,
    params: schemas.keysParams,
    body: schemas.shredBody,
    oneTime: ['confirmation'],
    answers: { 200: schemas.shredAnswer },
    event: { type: 'admin.settings_changed' },
    run: shredKeys,
  }),
  route({
    method: 'GET',
    path: bindingPath,
    summary: 'Read which secrets a pipeline may resolve',
    permission: onBinding,
    params: schemas.bindingParams,
    answers: { 200: schemas.bindingShape },
    event: { none: 'reads settings' },
    run: readBinding,
  }),
  route({
    method: 'PUT',
    path: bindingPath,
    summary: "Bind secrets to a pipeline on the caller's authority",
    permission: {
      resource: 'secrets',
      action: 'read',
      scope: '{scope}',
      at: (_, { params, body }) => located({ workspace: params.workspace, ...body }),
    },
    params: schemas.bindingParams,
    body: schemas.bindingBody,
    readOnly: schemas.bindingReadOnlyFields,
    answers: { 200: schemas.bindingShape },
    event: { type: 'admin.settings_changed' },
    run: putBinding,
  }),
  route({
    method: 'DELETE',
    path: bindingPath,
    summary: "Remove a pipeline's binding",
    permission: onBinding,
    params: schemas.bindingParams,
    answers: { 204: null },
    event: { type: 'admin.settings_changed' },
    run: deleteBinding,
  }),
  route({
    method: 'POST',
    path: '/v1/orgs/{org}/executions',
    summary: 'Begin an execution of a pipeline and get its ticket',
    permission: {
      resource: 'augmentations',
      action: 'execute',
      or: [{ resource: 'endpoints', action: 'trigger' }],
      scope: '{workspace}',
      at: (_, { body }) => ({ scope: scopeOf(body.workspace), item: undefined, inputs: { environment: body.environment } }),
    },
    body: schemas.executionBody,
    oneTime: ['ticket'],
    answers: { 201: schemas.executionShape },
    event: { type: 'resource.created' },
    run: startExecution,
  }),
];
