// Prompt protection's route table.
import { listQuery } from '../shared/http/list.ts';
import { type Asked, type Located, routeFor } from '../shared/http/route.ts';
import { scopeOf } from '../shared/kernel/scope.ts';
import type { ProtectDependencies } from './dependencies.ts';
import * as schemas from './schemas.ts';
import { addEntries } from './use-cases/add-entries.ts';
import { createDenyList } from './use-cases/create-deny-list.ts';
import { createPolicy } from './use-cases/create-policy.ts';
import { deleteDenyList } from './use-cases/delete-deny-list.ts';
import { deletePolicy } from './use-cases/delete-policy.ts';
import { listDenyLists } from './use-cases/list-deny-lists.ts';
import { listEntries } from './use-cases/list-entries.ts';
import { listPolicies } from './use-cases/list-policies.ts';
import { putDenyList } from './use-cases/put-deny-list.ts';
import { putPolicy } from './use-cases/put-policy.ts';
import { readDenyList } from './use-cases/read-deny-list.ts';
import { readPolicy } from './use-cases/read-policy.ts';
import { removeEntries } from './use-cases/remove-entries.ts';
import { scanText } from './use-cases/scan-text.ts';

const route = routeFor<ProtectDependencies>();

const policiesPath = '/v1/orgs/{org}/protection/policies';
const listsPath = '/v1/orgs/{org}/protection/deny-lists';

const toRead = { resource: 'protection', action: 'read', scope: '*' } as const;
const toWrite = { resource: 'protection', action: 'write', scope: '*' } as const;
const changes = { type: 'admin.policy_updated' } as const;

const inWorkspace = async (
  { workspaceExists }: ProtectDependencies,
  { org, params }: Asked<{ workspace: string }, object, unknown>,
): Promise<Located<undefined> | undefined> =>
  (await workspaceExists(org, params.workspace)) ? { scope: scopeOf(params.workspace), item: undefined } : undefined;

export const routes = [
  route({
    method: 'GET',
    path: policiesPath,
    summary: 'List protection policies',
    permission: toRead,
    query: listQuery,
    answers: { 200: schemas.policiesPage },
    event: { none: 'reads settings' },
    run: listPolicies,
  }),
  route({
    method: 'POST',
    path: policiesPath,
    summary: 'Create a protection policy',
    permission: toWrite,
    body: schemas.policyBody,
    readOnly: schemas.policyReadOnly,
    answers: { 201: schemas.policyShape },
    event: changes,
    run: createPolicy,
  }),
  route({
    method: 'GET',
    path: `${policiesPath}/{id}`,
    summary: 'Read a protection policy',
    permission: toRead,
    params: schemas.itemParams,
    answers: { 200: schemas.policyShape },
    event: { none: 'reads settings' },
    run: readPolicy,
  }),
  route({
    method: 'PUT',
    path: `${policiesPath}/{id}`,
    summary: 'Replace a protection policy',
    permission: toWrite,
    params: schemas.itemParams,
    body: schemas.policyPut,
    readOnly: schemas.putReadOnly,
    answers: { 200: schemas.policyShape },
    event: changes,
    run: putPolicy,
  }),
  route({
    method: 'DELETE',
    path: `${policiesPath}/{id}`,
    summary: 'Delete a protection policy',
    permission: toWrite,
    params: schemas.itemParams,
    answers: { 204: null },
    event: changes,
    run: deletePolicy,
  }),
  route({
    method: 'GET',
    path: listsPath,
    summary: 'List deny lists, without their entries',
    permission: toRead,
    query: listQuery,
    answers: { 200: schemas.listsPage },
    event: { none: 'reads settings' },
    run: listDenyLists,
  }),
  route({
    method: 'POST',
    path: listsPath,
    summary: 'Create a deny list',
    permission: toWrite,
    body: schemas.listBody,
    readOnly: schemas.listReadOnly,
    answers: { 201: schemas.listShape },
    event: changes,
    run: createDenyList,
  }),
  route({
    method: 'GET',
    path: `${listsPath}/{id}`,
    summary: 'Read a deny list, with up to 1,000 entries',
    permission: toRead,
    params: schemas.itemParams,
    answers: { 200: schemas.listShape },
    event: { none: 'reads settings' },
    run: readDenyList,
  }),
  route({
    method: 'PUT',
    path: `${listsPath}/{id}`,
    summary: 'Replace a deny list, and its entries where they are given',
    permission: toWrite,
    params: schemas.itemParams,
    body: schemas.listPut,
    readOnly: schemas.listPutReadOnly,
    answers: { 200: schemas.listShape },
    event: changes,
    run: putDenyList,
  }),
  route({
    method: 'DELETE',
    path: `${listsPath}/{id}`,
    summary: 'Delete a deny list that no policy names',
    permission: toWrite,
    params: schemas.itemParams,
    answers: { 204: null },
    event: changes,
    run: deleteDenyList,
  }),
  route({
    method: 'GET',
    path: `${listsPath}/{id}/entries`,
    summary: 'List the entries of a deny list',
    permission: toRead,
    params: schemas.itemParams,
    query: schemas.entriesQuery,
    answers: { 200: schemas.entriesPage },
    event: { none: 'reads settings' },
    run: listEntries,
  }),
  route({
    method: 'POST',
    path: `${listsPath}/{id}/entries`,
    summary: 'Add an entry, or several, to a deny list',
    permission: toWrite,
    params: schemas.itemParams,
    body: schemas.entriesBody,
    answers: { 201: schemas.entriesAdded },
    event: changes,
    run: addEntries,
  }),
  route({
    method: 'DELETE',
    path: `${listsPath}/{id}/entries`,
    summary: 'Remove the entries that `id` names, once or several times, from a deny list',
    permission: toWrite,
    params: schemas.itemParams,
    query: schemas.removeQuery,
    answers: { 204: null },
    event: changes,
    run: (dependencies, call) => removeEntries(dependencies, call, call.query.id),
  }),
  route({
    method: 'DELETE',
    path: `${listsPath}/{id}/entries/{entry}`,
    summary: 'Remove an entry from a deny list',
    permission: toWrite,
    params: schemas.entryParams,
    answers: { 204: null },
    event: changes,
    run: (dependencies, call) => removeEntries(dependencies, call, [call.params.entry]),
  }),
  route({
    method: 'POST',
    path: '/v1/orgs/{org}/workspaces/{workspace}/protection/scan',
    summary: 'Scan the input or output of a model call',
    permission: { resource: 'protection', action: 'execute', scope: '{workspace}', at: inWorkspace },
    params: schemas.workspaceParams,
    body: schemas.scanBody,
    answers: { 200: schemas.verdictShape },
    event: { type: 'protection.triggered' },
    run: scanText,
  }),
];
