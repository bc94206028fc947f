// The sealer: seals the organizations that its queue names (a FIFO group each), or all of them when a schedule calls.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { type OrgId, orgId } from '../shared/kernel/ids.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Pipeline } from './pipeline.ts';
import { takeTurns } from './use-cases/take-turns.ts';

/** What the queue carries: no part of an event but its organization. */
const wakeUp = z.object({ org: orgId });

interface SealerParts extends Pick<Pipeline, 'seal' | 'organizations'> {
  readonly log: Log;
}

const isQueued = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && Array.isArray((event as { Records?: unknown }).Records);

/** @returns the handler; messages of an organization whose sealing failed are told back, to be delivered again */
export const createSealer = ({ seal, organizations, log }: SealerParts) => {
  /** @returns the organizations that could not be sealed */
  const sealEach = async (orgs: readonly OrgId[]): Promise<ReadonlySet<OrgId>> => {
    const failed = new Set<OrgId>();
    const step = async (org: OrgId): Promise<boolean> => {
      const { more, stopped } = await seal(org);
      if (stopped !== undefined) throw new Error('the clock does not advance');
      return more;
    };
    await takeTurns(orgs, step, (org, error) => {
      failed.add(org);
      log.error('an organization could not be sealed', { org, error });
    });
    return failed;
  };

  return async (event: unknown): Promise<SQSBatchResponse> => {
    if (!isQueued(event)) {
      if ((await sealEach(await organizations())).size > 0) throw new Error('not every organization could be sealed');
      return { batchItemFailures: [] };
    }
    const messages = event.Records.map(({ messageId, body }) => ({ messageId, org: wakeUp.parse(JSON.parse(body)).org }));
    const failed = await sealEach(messages.map(({ org }) => org));
    return { batchItemFailures: messages.filter(({ org }) => failed.has(org)).map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
};
