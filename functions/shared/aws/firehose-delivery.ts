// The delivery port on Firehose: JSON lines of one organization and hour packed into a record, batches within `PutRecordBatch`'s limits.
import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import type { Delivery, DeliveryRecord } from '../ports/delivery.ts';
import { assertDeliverable, lineEnd } from '../ports/delivery-rules.ts';
import { asDependencyError, isTransient } from './dependency-error.ts';
import { jitteredPause, type Pause } from './pause.ts';

/** A packed record's target; a longer line goes alone (at most 1,000,001 bytes with its end, Firehose takes 1,024,000). */
const packedBytes = 900_000;
/** Firehose takes no more lines of a record apart. */
const linesPerRecord = 500;
const recordsPerCall = 500;
const bytesPerCall = 4 * 1024 * 1024;
const hourMs = 60 * 60_000;
const tries = 5;

/** Lines that travel as one Firehose record, with their indexes in the caller's batch. */
interface Packed {
  readonly indexes: number[];
  readonly lines: Uint8Array[];
  bytes: number;
}

/** INVARIANT: a record holds one organization's lines of one hour only, since Firehose files it as a whole. */
const pack = (records: readonly DeliveryRecord[]): Packed[] => {
  const done: Packed[] = [];
  const open = new Map<string, Packed>();
  records.forEach(({ org, timeMs, line }, index) => {
    const place = `${org}/${Math.floor(timeMs / hourMs)}`;
    const size = line.byteLength + 1;
    let packed = open.get(place);
    if (packed === undefined || packed.bytes + size > packedBytes || packed.indexes.length === linesPerRecord) {
      packed = { indexes: [], lines: [], bytes: 0 };
      open.set(place, packed);
      done.push(packed);
    }
    packed.indexes.push(index);
    packed.lines.push(line, Uint8Array.of(lineEnd));
    packed.bytes += size;
  });
  return done;
};

const intoCalls = (records: readonly Packed[]): Packed[][] => {
  const calls: Packed[][] = [];
  let bytes = 0;
  for (const record of records) {
    const last = calls.at(-1);
    if (last === undefined || last.length === recordsPerCall || bytes + record.bytes > bytesPerCall) {
      calls.push([record]);
      bytes = record.bytes;
    } else {
      last.push(record);
      bytes += record.bytes;
    }
  }
  return calls;
};

export const firehoseDelivery = ({
  client,
  streamName,
  pause = jitteredPause,
}: {
  client: FirehoseClient;
  streamName: string;
  pause?: Pause;
}): Delivery => {
  /** @returns the records that Firehose did not take */
  const send = async (call: readonly Packed[]): Promise<readonly Packed[]> => {
    const Records = call.map(({ lines }) => ({ Data: Buffer.concat(lines) }));
    try {
      const answer = await client.send(new PutRecordBatchCommand({ DeliveryStreamName: streamName, Records }));
      // A record counts as taken only when its own answer says so.
      return call.filter((_, index) => answer.RequestResponses?.[index]?.RecordId === undefined);
    } catch (error) {
      if (!isTransient(error)) throw asDependencyError('the delivery stream', error);
      return call;
    }
  };

  const deliverCall = async (call: readonly Packed[]): Promise<number[]> => {
    let left = await send(call);
    for (let attempt = 1; left.length > 0 && attempt < tries; attempt += 1) {
      await pause(attempt);
      const still: Packed[] = [];
      for (const record of left) still.push(...(await send([record])));
      left = still;
    }
    return left.flatMap(({ indexes }) => indexes);
  };

  return {
    async deliver(records) {
      assertDeliverable(records);
      const failed: number[] = [];
      for (const call of intoCalls(pack(records))) failed.push(...(await deliverCall(call)));
      return { failed: failed.sort((a, b) => a - b), archived: false };
    },
  };
};
