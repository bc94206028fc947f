// The sealer: seals the organizations that its queue names (a FIFO group each), or all of them when a schedule calls.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { type OrgId, orgId } from '../shared/kernel/ids.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Pipeline } from './pipeline.ts';

/** What the queue carries: no part of an event but its organization. */
const wakeUp = z.object({ org: orgId });

interface SealerParts extends Pick<Pipeline, 'seal' | 'organizations'> {
  readonly log: Log;
}

const isQueued = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && Array.isArray((event as { Records?: unknown }).Records);

/** @returns the handler; messages of an organization whose sealing failed are told back, to be delivered again */
export const createSealer = ({ seal, organizations, log }: SealerParts) => {
  const drain = async (org: OrgId): Promise<void> => {
    for (;;) {
      const { more, stopped } = await seal(org);
      if (stopped !== undefined) throw new Error('the clock does not advance');
      if (!more) return;
    }
  };

  /** @returns whether everything that waited is sealed */
  const attempt = async (org: OrgId): Promise<boolean> => {
    try {
      await drain(org);
      return true;
    } catch (error) {
      log.error('an organization could not be sealed', { org, error });
      return false;
    }
  };

  return async (event: unknown): Promise<SQSBatchResponse> => {
    if (!isQueued(event)) {
      const failed: OrgId[] = [];
      for (const org of await organizations()) if (!(await attempt(org))) failed.push(org);
      if (failed.length > 0) throw new Error('not every organization could be sealed');
      return { batchItemFailures: [] };
    }
    const messages = event.Records.map(({ messageId, body }) => ({ messageId, org: wakeUp.parse(JSON.parse(body)).org }));
    const sealed = new Map<OrgId, boolean>();
    for (const org of new Set(messages.map(({ org: each }) => each))) sealed.set(org, await attempt(org));
    return {
      batchItemFailures: messages.filter(({ org }) => sealed.get(org) !== true).map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  };
};
