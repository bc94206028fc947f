// The Lambda entries of the pipeline: the sealer's queue, the shipper's stream and notifications, and a delivery that confirms later.
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditPipeline, type Pipeline } from '../../../functions/audit/pipeline.ts';
import { sealAll } from '../../../functions/audit/public.ts';
import { createSealer } from '../../../functions/audit/sealer.ts';
import { createShipper } from '../../../functions/audit/shipper.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import type { DeliveryRecord } from '../../../functions/shared/ports/delivery.ts';
import { type AuditFixture, acme, auditFixture } from '../../support/audit-fixture.ts';

let audit: AuditFixture;
beforeEach(() => {
  audit = auditFixture('workers');
});
afterEach(() => audit.close());

const globex = orgId.parse('globex');
const message = (messageId: string, org: string) => ({ messageId, body: JSON.stringify({ org }) });

describe('the sealer', () => {
  test('seals each organization that its messages name, and tells back only those that failed', async () => {
    const ids = await audit.record(3);
    audit.clock.advance(1_000);
    const pipeline = audit.pipeline();
    const seal: Pipeline['seal'] = (org) => (org === globex ? Promise.reject(new Error('broken')) : pipeline.seal(org));
    const sealer = createSealer({ seal, organizations: pipeline.organizations, log: audit.platform.log });
    const event = { Records: [message('1', 'acme'), message('2', 'globex'), message('3', 'acme')] };
    expect(await sealer(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    await audit.pipeline().ship(acme);
    expect(await audit.entryIds()).toEqual(ids);
    await expect(sealer({ Records: [{ messageId: '4', body: '{"org":"Not An Org"}' }] })).rejects.toThrow();
  });

  test('sweeps every organization when a schedule calls, and one that fails keeps no other waiting', async () => {
    await audit.put(audit.event({ org: globex }));
    const ids = await audit.record(2);
    audit.clock.advance(1_000);
    const pipeline = audit.pipeline();
    const sealed: string[] = [];
    const seal: Pipeline['seal'] = async (org) => {
      if (org === acme) throw new Error('broken');
      sealed.push(org);
      return pipeline.seal(org);
    };
    await expect(createSealer({ ...pipeline, seal, log: audit.platform.log })({ source: 'aws.scheduler' })).rejects.toThrow(
      'not every organization',
    );
    expect(sealed).toEqual(['globex']);
    await sealAll(audit.platform);
    expect(await audit.entryIds()).toEqual(ids);
  });
});

describe('a delivery that confirms later', () => {
  const slow = () => {
    const taken: DeliveryRecord[] = [];
    let refuse = 0;
    const delivery = {
      deliver: async (records: readonly DeliveryRecord[]) => {
        const failed = [...records.keys()].slice(0, refuse);
        refuse = 0;
        taken.push(...records.slice(failed.length));
        return { failed, archived: false };
      },
    };
    return { taken, delivery, refuseNext: (count: number) => (refuse = count) };
  };
  const objectOf = (records: readonly DeliveryRecord[]) =>
    gzipSync(Buffer.concat(records.flatMap(({ line }) => [line, Buffer.from('\n')])));
  const notification = (key: string) => ({ Records: [{ eventSource: 'aws:s3', s3: { object: { key } } }] });

  test('keeps rows in the outbox until the archive has their object, and sends again what was refused one by one', async () => {
    const ids = await audit.record(7);
    const { taken, delivery, refuseNext } = slow();
    const pipeline = auditPipeline({ ...audit.platform, delivery });
    const shipper = createShipper({ ...pipeline, log: audit.platform.log });
    audit.clock.advance(1_000);
    await pipeline.seal(acme);
    refuseNext(3);
    await shipper({ Records: [{ eventSource: 'aws:dynamodb', dynamodb: { Keys: { pk: { S: 'acme#audit-log' }, sk: { S: 'head' } } } }] });
    expect(taken).toHaveLength(7);
    expect((await audit.indexedIds()).toSorted()).toEqual(ids.toSorted());
    expect(await audit.outboxRows()).toBe(7);
    await audit.platform.archive.putReplaceable('archive/acme/2040/01/01/00/a+b.gz', objectOf(taken.slice(0, 4)));
    await shipper(notification('archive/acme/2040/01/01/00/a%2Bb.gz'));
    expect(await audit.outboxRows()).toBe(3);
    await expect(shipper(notification('archive/acme/absent.gz'))).rejects.toThrow('not everything');
    expect(await audit.outboxRows()).toBe(3);
  });

  test("that never confirms is made again from the log's own bundles", async () => {
    await audit.record(5);
    const { taken, delivery } = slow();
    const pipeline = auditPipeline({ ...audit.platform, delivery });
    const shipper = createShipper({ ...pipeline, log: audit.platform.log });
    audit.clock.advance(1_000);
    await pipeline.seal(acme);
    await shipper({});
    audit.clock.advance(29 * 60_000);
    await shipper({});
    expect(taken).toHaveLength(5);
    audit.clock.advance(2 * 60_000);
    await shipper({});
    expect(taken).toHaveLength(10);
    expect(taken.slice(5).map(({ line }) => Buffer.from(line).toString())).toEqual(
      taken.slice(0, 5).map(({ line }) => Buffer.from(line).toString()),
    );
    await audit.platform.archive.putReplaceable('archive/acme/2040/01/01/00/b.gz', objectOf(taken));
    await shipper(notification('archive/acme/2040/01/01/00/b.gz'));
    expect(await audit.outboxRows()).toBe(0);
  });

  test("confirms nothing from an object that holds a line which is no event's", async () => {
    await audit.record(2);
    const { taken, delivery } = slow();
    const pipeline = auditPipeline({ ...audit.platform, delivery });
    audit.clock.advance(1_000);
    await pipeline.seal(acme);
    await pipeline.ship(acme);
    const lines = [...taken.map(({ line }) => Buffer.from(line).toString()), '{"leafIndex":0,"forged":true}', ''].join('\n');
    await audit.platform.archive.putReplaceable('archive/acme/x', Buffer.from(lines));
    await expect(pipeline.confirm('archive/acme/x')).rejects.toThrow();
    expect(await audit.outboxRows()).toBe(2);
  });
});
