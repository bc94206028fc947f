// The pipeline of the audit log over a platform: sealing, shipping, and the sweep that finds what a restart left waiting.
import { hash } from 'node:crypto';
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Platform } from '../shared/platform.ts';
import type { Archive } from '../shared/ports/archive.ts';
import { archiveLogFiles } from './adapters/archive-log-files.ts';
import { tableEventIndex } from './adapters/table-event-index.ts';
import { tableKeyRing } from './adapters/table-key-ring.ts';
import { tableLogHeads } from './adapters/table-log-heads.ts';
import { tableLogSettings } from './adapters/table-log-settings.ts';
import { tableOrganizations } from './adapters/table-organizations.ts';
import { tableOutbox } from './adapters/table-outbox.ts';
import { confirmDelivery } from './use-cases/confirm-delivery.ts';
import { redeliverEvents } from './use-cases/redeliver-events.ts';
import { type SealResult, sealLog } from './use-cases/seal-log.ts';
import { type ShipResult, shipEvents } from './use-cases/ship-events.ts';
import { takeTurns } from './use-cases/take-turns.ts';

export interface PipelineOptions {
  /** Names the deployment in the origins of its logs: 1 to 63 of `a-z`, `0-9`, `.`, `-`. Without it the log key's hash does. */
  readonly deployment?: string;
  /** How long full tiles and bundles stay locked. */
  readonly retentionDays?: number;
}

export interface Pipeline {
  /** Seals one batch. */
  seal(org: OrgId): Promise<SealResult>;
  /** Ships one batch of what is sealed. */
  ship(org: OrgId): Promise<ShipResult>;
  /** Delivers again what the archive did not confirm in time. */
  redeliver(org: OrgId): Promise<number>;
  /** The archive has this object. */
  confirm(path: string): Promise<number>;
  /** Every organization that may have events waiting. */
  organizations(): Promise<OrgId[]>;
}

const defaultRetentionDays = 365;

type SealPlatform = Pick<Platform, 'world' | 'log' | 'table' | 'keyTable' | 'keys' | 'archive'>;
type ShipPlatform = Pick<Platform, 'world' | 'log' | 'table' | 'indexTable' | 'archive' | 'delivery'>;

export const sealerOf = (
  platform: SealPlatform,
  { deployment, retentionDays = defaultRetentionDays }: PipelineOptions = {},
): Pick<Pipeline, 'seal'> => {
  const { world, log, table, keyTable, keys, archive } = platform;
  const originOf = async (org: OrgId): Promise<string> => {
    const name = deployment ?? `deployment-${hash('sha256', await keys.publicKey(), 'hex').slice(0, 16)}`;
    return `${name}/${org}`;
  };
  const settings = tableLogSettings({ table });
  return {
    seal: sealLog({
      world,
      log,
      keys,
      originOf,
      retentionDaysOf: async (org) => Math.max(retentionDays, (await settings.retention(org))?.days ?? 0),
      outbox: tableOutbox({ table }),
      heads: tableLogHeads({ table }),
      files: archiveLogFiles({ archive }),
      keyRing: tableKeyRing({ keyTable, keys, world }),
    }),
  };
};

/** @param delivered where delivered objects arrive, if not in the log's own archive */
export const shipperOf = (
  { world, log, table, indexTable, archive, delivery }: ShipPlatform,
  delivered: Archive = archive,
): Pick<Pipeline, 'ship' | 'redeliver' | 'confirm'> => {
  const outbox = tableOutbox({ table });
  const parts = {
    world,
    log,
    outbox,
    delivery,
    heads: tableLogHeads({ table }),
    files: archiveLogFiles({ archive }),
    index: tableEventIndex({ indexTable, clock: world }),
  };
  return { ship: shipEvents(parts), redeliver: redeliverEvents(parts), confirm: confirmDelivery({ archive: delivered, outbox }) };
};

/** @returns every organization that may have events waiting */
export const organizationsOf = ({ table }: Pick<Platform, 'table'>): Promise<OrgId[]> => tableOrganizations({ table }).all();

export const auditPipeline = (platform: Platform, options: PipelineOptions = {}): Pipeline => ({
  ...sealerOf(platform, options),
  ...shipperOf(platform),
  organizations: () => organizationsOf(platform),
});

/** One pipeline a platform, so that its keys stay in memory between runs. */
const pipelines = new WeakMap<Platform, Pipeline>();
const pipelineOf = (platform: Platform): Pipeline => {
  const known = pipelines.get(platform) ?? auditPipeline(platform);
  pipelines.set(platform, known);
  return known;
};

/** @returns a function that seals all that waits in an organization; it stops early when the clock does not advance */
export const sealOrganization =
  (platform: Platform) =>
  async (org: OrgId): Promise<SealResult> => {
    let sealed = 0;
    for (;;) {
      const result = await pipelineOf(platform).seal(org);
      sealed += result.sealed;
      if (!result.more || result.stopped !== undefined) return { ...result, sealed };
    }
  };

/** @returns a function that ships all that is sealed in an organization */
export const shipOrganization =
  (platform: Platform) =>
  async (org: OrgId): Promise<ShipResult> => {
    let shipped = 0;
    for (;;) {
      const result = await pipelineOf(platform).ship(org);
      shipped += result.shipped;
      if (!result.more) {
        await pipelineOf(platform).redeliver(org);
        return { ...result, shipped };
      }
    }
  };

/** Seals and ships what waits in any organization, in turns: the sweep after a start, and whenever in doubt. */
export const sealAll = async (platform: Platform): Promise<void> => {
  const { seal, ship, redeliver, organizations } = pipelineOf(platform);
  const orgs = await organizations();
  // INVARIANT: one organization's fault keeps no other waiting.
  const failed = (org: OrgId, error: unknown): void => platform.log.error('an organization could not be sealed', { org, error });
  await takeTurns(
    orgs,
    async (org) => {
      const { more, stopped } = await seal(org);
      return more && stopped === undefined;
    },
    failed,
  );
  await takeTurns(orgs, async (org) => (await ship(org)).more, failed);
  await takeTurns(orgs, async (org) => (await redeliver(org)) > 0, failed);
};
