// Compiled engines, cached by the organization's protection version; a change recompiles only the lists that changed. Bounded in memory.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { type ActingDenyList, actingDenyList, type CompiledPolicy, compilePolicy, type Engine, engineFor } from '../domain/engine.ts';
import type { DenyListHead, DenyListStore, EngineSource, PolicyStore, VersionStore } from '../ports.ts';

/** Bytes of compiled deny lists kept, over all organizations. */
const maxCachedBytes = 192 * 1024 * 1024;
const maxCachedOrgs = 500;
const maxWorkspaceEngines = 200;
const loadTries = 4;

interface CompiledOrg {
  readonly version: number;
  readonly policies: readonly CompiledPolicy[];
  readonly lists: ReadonlyMap<string, { readonly version: number; readonly list: ActingDenyList }>;
  readonly sizeBytes: number;
  readonly byWorkspace: Map<string, Engine>;
}

interface Stores {
  readonly policies: PolicyStore;
  readonly denyLists: DenyListStore;
  readonly versions: VersionStore;
}

export const cachedEngines = ({ policies, denyLists, versions }: Stores): EngineSource => {
  // Least recently used first.
  const cache = new Map<OrgId, CompiledOrg>();
  const loading = new Map<OrgId, { readonly version: number; readonly compiled: Promise<CompiledOrg> }>();

  const compileList = async (org: OrgId, head: DenyListHead): Promise<ActingDenyList> => {
    const segments = await denyLists.segments(org, head.id);
    return actingDenyList({ ...head, entries: segments.flatMap(({ entries }) => entries) });
  };

  const load = async (org: OrgId, version: number): Promise<CompiledOrg> => {
    const stored = await policies.all(org);
    const named = new Set(stored.filter(({ enabled }) => enabled).flatMap((policy) => policy.denyLists));
    const heads = (await denyLists.all(org)).filter(({ id }) => named.has(id));
    const known = cache.get(org)?.lists;
    const lists = new Map<string, { version: number; list: ActingDenyList }>();
    let sizeBytes = 0;
    for (const head of heads) {
      const cached = known?.get(head.id);
      const list = cached?.version === head.version ? cached.list : await compileList(org, head);
      lists.set(head.id, { version: head.version, list });
      sizeBytes += list.compiled.sizeBytes;
    }
    const acting = new Map([...lists].map(([id, { list }]) => [id, list]));
    const compiled = stored.filter(({ enabled }) => enabled).map((policy) => compilePolicy(policy, acting));
    return { version, policies: compiled, lists, sizeBytes, byWorkspace: new Map() };
  };

  /** Policies and lists are several reads: they are of one version when the version did not move meanwhile. */
  const loadWhole = async (org: OrgId, first: number): Promise<CompiledOrg> => {
    let version = first;
    for (let attempt = 1; ; attempt += 1) {
      const loaded = await load(org, version).catch((error: unknown) => ({ error }));
      const now = await versions.current(org);
      if (now === version || attempt === loadTries) {
        if ('error' in loaded) throw loaded.error;
        return { ...loaded, version: now };
      }
      version = now;
    }
  };

  const keep = (org: OrgId, compiled: CompiledOrg): void => {
    cache.delete(org);
    cache.set(org, compiled);
    let bytes = 0;
    for (const { sizeBytes } of cache.values()) bytes += sizeBytes;
    for (const [other, { sizeBytes }] of cache) {
      if (other === org || (bytes <= maxCachedBytes && cache.size <= maxCachedOrgs)) break;
      cache.delete(other);
      bytes -= sizeBytes;
    }
  };

  const current = async (org: OrgId): Promise<CompiledOrg> => {
    const version = await versions.current(org);
    const cached = cache.get(org);
    if (cached?.version === version) {
      cache.delete(org);
      cache.set(org, cached);
      return cached;
    }
    const running = loading.get(org);
    if (running?.version === version) return running.compiled;
    const compiled = loadWhole(org, version);
    const entry = { version, compiled };
    loading.set(org, entry);
    try {
      const loaded = await compiled;
      // INVARIANT: an older load never takes the place of a newer one.
      if (loaded.version >= (cache.get(org)?.version ?? 0)) keep(org, loaded);
      return loaded;
    } finally {
      if (loading.get(org) === entry) loading.delete(org);
    }
  };

  return async (org, workspace) => {
    const compiled = await current(org);
    const known = compiled.byWorkspace.get(workspace);
    if (known !== undefined) return known;
    const engine = engineFor(workspace, compiled.version, compiled.policies);
    if (compiled.byWorkspace.size >= maxWorkspaceEngines) compiled.byWorkspace.clear();
    compiled.byWorkspace.set(workspace, engine);
    return engine;
  };
};
