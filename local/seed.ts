// The seeded organizations: `acme` with its workspaces, a person and a token for each built-in role, and `globex`, an outsider to it.
import { apiTokenText, type OrganizationSetup } from '../functions/authz/public.ts';
import { orgId } from '../functions/shared/kernel/ids.ts';
import { principal } from '../functions/shared/kernel/principal.ts';
import { everywhere } from '../functions/shared/kernel/scope.ts';
import { newId, type World } from '../functions/shared/kernel/world.ts';
import { keepJson } from './data-folder.ts';

/** In the order that they are printed in. */
export const seededTokens = ['admin', 'developer', 'operator', 'viewer', 'outsider'] as const;
export type SeededTokens = Readonly<Record<(typeof seededTokens)[number], string>>;

const tokenLifeMs = 365 * 24 * 60 * 60_000;
const acme = orgId.parse('acme');
const globex = orgId.parse('globex');

const tokenFile = 'tokens.json';

interface Kept {
  readonly expiresAtMs: number;
  readonly tokens: SeededTokens;
}

/**
 * Makes what is not there yet, and nothing twice.
 * @returns the same tokens at each start; they live in the data folder, readable by its owner alone, for 365 days
 */
export const seed = async (setup: OrganizationSetup, folder: string, world: World): Promise<SeededTokens> => {
  const { tokens, expiresAtMs } = keepJson<Kept>(folder, tokenFile, () => ({
    expiresAtMs: world.nowMs() + tokenLifeMs,
    tokens: Object.fromEntries(seededTokens.map((name) => [name, apiTokenText(newId(world), world.bytes(32))])) as SeededTokens,
  }));
  await setup.createOrganization(acme, { id: 'ada', email: 'ada@acme.test', name: 'Ada Admin' });
  await setup.createOrganization(globex, { id: 'gus', email: 'gus@globex.test', name: 'Gus Outsider' });
  for (const [id, name] of [
    ['support', 'Support'],
    ['research', 'Research'],
  ] as const)
    await setup.ensureWorkspace(acme, { id, name });
  await setup.ensureWorkspace(globex, { id: 'support', name: 'Support' });
  for (const name of seededTokens) {
    const [org, creator, role] = name === 'outsider' ? [globex, 'user:gus', 'admin'] : [acme, 'user:ada', name];
    await setup.ensureToken(org, {
      token: tokens[name],
      name: `seeded ${name}`,
      role,
      scope: everywhere,
      expiresAtMs,
      createdBy: principal.parse(creator),
    });
  }
  return tokens;
};
