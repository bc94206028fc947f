// The shipper: ships the organizations whose heads moved (the table's stream), confirms objects that arrived (S3 notifications), sweeps on a schedule.
import type { DynamoDBStreamEvent, S3Event } from 'aws-lambda';
import { type OrgId, orgId } from '../shared/kernel/ids.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Pipeline } from './pipeline.ts';
import { takeTurns } from './use-cases/take-turns.ts';

interface ShipperParts extends Pick<Pipeline, 'ship' | 'redeliver' | 'confirm' | 'organizations'> {
  readonly log: Log;
}

type StreamRecord = DynamoDBStreamEvent['Records'][number];
type ObjectRecord = S3Event['Records'][number];

const recordsOf = (event: unknown): readonly (StreamRecord | ObjectRecord)[] => {
  const records = typeof event === 'object' && event !== null ? (event as { Records?: unknown }).Records : undefined;
  return Array.isArray(records) ? records : [];
};

const isObject = (record: StreamRecord | ObjectRecord): record is ObjectRecord => 's3' in record;

/** Partition keys begin with their organization. */
const orgOf = (record: StreamRecord): OrgId | undefined => orgId.safeParse(record.dynamodb?.Keys?.pk?.S?.split('#', 1)[0]).data;

/** Keys in notifications are form-encoded. */
const pathOf = ({ s3 }: ObjectRecord): string => decodeURIComponent(s3.object.key.replaceAll('+', ' '));

/** @returns the handler; it throws when anything failed, after the rest is done, and may be called again with the same event */
export const createShipper = ({ ship, redeliver, confirm, organizations, log }: ShipperParts) => {
  return async (event: unknown): Promise<void> => {
    const records = recordsOf(event);
    const objects = records.filter(isObject);
    const moved = new Set(records.flatMap((record) => (isObject(record) ? [] : (orgOf(record) ?? []))));
    let failed = 0;
    const failure = (org: OrgId | undefined, error: unknown): void => {
      failed += 1;
      log.error('shipping failed', { ...(org === undefined ? {} : { org }), error });
    };
    for (const record of objects) await confirm(pathOf(record)).catch((error: unknown) => failure(undefined, error));
    const orgs = records.length > 0 ? [...moved] : await organizations();
    await takeTurns(orgs, async (org) => (await ship(org)).more, failure);
    if (records.length === 0) {
      await takeTurns(
        orgs,
        async (org) => {
          await redeliver(org);
          return false;
        },
        failure,
      );
    }
    if (failed > 0) throw new Error('not everything could be shipped');
  };
};
