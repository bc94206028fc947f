// The first rows of an organization: itself, its first administrator, workspaces, tokens. Each step may be taken again, and changes nothing then.
import type { Commit, NewEvent } from '../../audit/public.ts';
import type { Member, MemberStore } from '../../identity/public.ts';
import type { Call } from '../../shared/kernel/call.ts';
import { alreadyExists } from '../../shared/kernel/errors.ts';
import { type Environment, environment, type OrgId } from '../../shared/kernel/ids.ts';
import { type Principal, principal } from '../../shared/kernel/principal.ts';
import { everywhere, type Scope } from '../../shared/kernel/scope.ts';
import { uuidv7, type World } from '../../shared/kernel/world.ts';
import type { Write } from '../../shared/ports/table.ts';
import { apiTokenHash, parseApiToken } from '../domain/api-token.ts';
import { adminRole } from '../domain/built-in-roles.ts';
import { compileGrants } from '../domain/compile-grants.ts';
import { accessOf } from '../domain/holder.ts';
import type { AssignmentStore, ModelStore, StoredAssignment, StoredToken, TokenStore, WorkspaceStore } from '../ports.ts';
import { showAssignment } from './assignments.ts';
import { changesBetween } from './edit.ts';
import { type AccessModel, builtInGeneration } from './load-access.ts';
import { showToken } from './tokens.ts';

interface Setup {
  readonly models: ModelStore;
  readonly assignments: AssignmentStore;
  readonly tokens: TokenStore;
  readonly members: MemberStore;
  readonly workspaces: WorkspaceStore;
  readonly model: AccessModel;
  readonly commit: Commit;
  readonly world: World;
}

export interface OrganizationSetup {
  /** @returns whether it was made; false where the organization exists */
  createOrganization(org: OrgId, admin: { readonly id: string; readonly email: string; readonly name: string }): Promise<boolean>;
  ensureWorkspace(
    org: OrgId,
    workspace: { readonly id: string; readonly name?: string; readonly environments?: readonly Environment[] },
  ): Promise<void>;
  /** @param token its whole text, as `apiTokenText` makes it; @throws AppError `already-exists` where that id has another secret */
  ensureToken(
    org: OrgId,
    token: {
      readonly token: string;
      readonly name: string;
      readonly role: string;
      readonly scope: Scope;
      readonly expiresAtMs: number;
      readonly createdBy: Principal;
    },
  ): Promise<void>;
}

/** Who acts before there is anybody. */
const installer = principal.parse('service:setup');

const setupCall = (org: OrgId, world: World): Call => ({
  org,
  caller: { org, principal: installer },
  source: { client: 'setup' },
  requestId: uuidv7(world),
  timeMs: world.nowMs(),
  params: {},
  query: {},
  body: undefined,
  located: undefined,
  access: accessOf({ principal: installer, grants: compileGrants([]) }, 0, {}),
});

export const setUpOrganization = ({ models, assignments, tokens, members, workspaces, model, commit, world }: Setup): OrganizationSetup => {
  const commitAt = async (org: OrgId, version: number | undefined, writes: readonly Write[], ...events: NewEvent[]): Promise<void> => {
    const moved = () => alreadyExists(version === undefined ? 'organization' : 'version of access');
    await commit(setupCall(org, world), [...models.moveVersion(org, version, moved), ...writes], ...events);
  };

  return {
    createOrganization: async (org, { id, email, name }) => {
      if ((await models.version(org)) !== undefined) return false;
      const member: Member = { id, email, name, status: 'active', groups: [], source: 'invite', version: 1 };
      const assignment: StoredAssignment = {
        id: 'first-admin',
        principal: principal.parse(`user:${id}`),
        role: adminRole,
        roleGeneration: builtInGeneration,
        scope: everywhere,
        version: 1,
      };
      await commitAt(
        org,
        undefined,
        [...members.put(org, member), ...assignments.put(org, assignment)],
        { type: 'resource.created', action: 'create-organization', resource: { type: 'organization', id: org } },
        { type: 'admin.member_invited', action: 'create-member', resource: { type: 'member', id } },
        {
          type: 'admin.role_changed',
          action: 'create-assignment',
          resource: { type: 'assignment', id: assignment.id, scope: everywhere },
          changes: changesBetween(undefined, showAssignment(assignment), ['principal', 'role', 'scope']),
        },
      );
      return true;
    },
    ensureWorkspace: async (org, { id, name = id, environments = environment.options }) => {
      if ((await workspaces.get(org, id)) !== undefined) return;
      const workspace = { id, name, environments: [...environments], version: 1 };
      await commit(setupCall(org, world), [workspaces.put(org, workspace, 'new')], {
        type: 'resource.created',
        action: 'create-workspace',
        workspace: id,
        resource: { type: 'workspace', id, scope: id },
        changes: changesBetween(undefined, workspace, ['name', 'environments']),
      });
    },
    ensureToken: async (org, { token: text, name, role, scope, expiresAtMs, createdBy }) => {
      const parsed = parseApiToken(text);
      if (parsed === undefined) throw new Error('this is not the text of an API token');
      const hash = apiTokenHash(parsed.secret);
      const known = await tokens.get(org, parsed.id);
      if (known !== undefined && !Buffer.from(known.hash).equals(hash)) throw alreadyExists('token');
      await tokens.putPointer(parsed.id, org);
      if (known !== undefined) return;
      const { version, ...snapshot } = await model.current(org);
      const roleGeneration = snapshot.generation(role);
      if (roleGeneration === undefined) throw new Error(`there is no role \`${role}\``);
      const token: StoredToken = {
        id: parsed.id,
        name,
        role,
        roleGeneration,
        scope,
        expiresAtMs,
        createdAtMs: world.nowMs(),
        createdBy,
        hash,
        version: 1,
      };
      await commitAt(org, version, tokens.put(org, token), {
        type: 'auth.token_created',
        action: 'create-token',
        resource: { type: 'token', id: token.id, scope },
        changes: changesBetween(undefined, showToken(token), ['name', 'role', 'scope', 'expiresAt']),
      });
    },
  };
};
