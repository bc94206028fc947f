// The pipeline under faults: after any failed write, every event is in the log, the index and the archive exactly once.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, describe, expect, test } from 'vitest';
import { headKey } from '../../../functions/audit/adapters/keys.ts';
import { tableOutbox } from '../../../functions/audit/adapters/table-outbox.ts';
import type { AuditEvent } from '../../../functions/audit/domain/event.ts';
import { auditPipeline } from '../../../functions/audit/pipeline.ts';
import { createSealer } from '../../../functions/audit/sealer.ts';
import { listAside, replayAside } from '../../../functions/audit/use-cases/replay-aside.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { type AuditFixture, acme, auditFixture, type FaultMode } from '../../support/audit-fixture.ts';

let open: AuditFixture[] = [];
const fixture = (seed: string): AuditFixture => {
  const made = auditFixture(seed);
  open.push(made);
  return made;
};
afterEach(() => {
  for (const each of open) each.close();
  open = [];
});

const expectWhole = async (audit: AuditFixture, recorded: readonly string[]): Promise<void> => {
  const ids = await audit.entryIds();
  expect(ids.toSorted()).toEqual(recorded.toSorted());
  expect((await audit.indexedIds()).toSorted()).toEqual(recorded.toSorted());
  expect((await audit.deliveredIds()).toSorted()).toEqual(recorded.toSorted());
  expect(await audit.outboxRows()).toBe(0);
};

describe('sealing and shipping', () => {
  test('brings each event to the log, the index and the archive, in the order of their ids, and empties the outbox', async () => {
    const audit = fixture('whole');
    const first = await audit.record(5);
    await audit.drain();
    const between = await audit.verify();
    expect(between.size).toBe(5);
    const second = await audit.record(260);
    await audit.drain();
    expect((await audit.verify(between)).size).toBe(265);
    expect(await audit.entryIds()).toEqual([...first, ...second]);
    await expectWhole(audit, [...first, ...second]);
    expect((await audit.source().list())?.filter((path) => path.startsWith('staging/') || path.includes('000.p/5'))).toEqual([]);
  });

  const modes: readonly FaultMode[] = ['not-made', 'made', 'died'];
  test.each(modes)(
    'survives each write failing once: %s',
    async (mode) => {
      for (let at = 0; ; at += 1) {
        const audit = auditFixture(`${mode}-${at}`);
        try {
          const recorded = await audit.record(250);
          await audit.drain();
          recorded.push(...(await audit.record(12)));
          audit.faults.arm(at, mode);
          await audit.drain().catch(() => undefined);
          const struck = audit.faults.struck();
          audit.faults.disarm();
          recorded.push(...(await audit.record(3)));
          await audit.drain();
          await expectWhole(audit, recorded);
          if (!struck) {
            expect(at).toBeGreaterThan(12);
            return;
          }
        } finally {
          audit.close();
        }
      }
    },
    120_000,
  );

  test('two sealers at once, and a third that died between head and tiles, make one log', async () => {
    const audit = fixture('two');
    const recorded: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      recorded.push(...(await audit.record(9 + 40 * round)));
      audit.clock.advance(1_000);
      await Promise.allSettled([audit.pipeline().seal(acme), audit.pipeline().seal(acme), audit.pipeline().ship(acme)]);
    }
    await audit.drain();
    await expectWhole(audit, recorded);
  });

  test('a mover so slow that others moved and shipped the rows meanwhile brings none of them back', async () => {
    const audit = fixture('late');
    const [id = ''] = await audit.record(1);
    const { table } = audit.platform;
    const quick = tableOutbox({ table });
    const places = [{ id, leafIndex: 0 }];
    const asItIs = (event: AuditEvent): AuditEvent => event;
    const slow = tableOutbox({
      table: {
        ...table,
        batchGet: async (tenant, keys) => {
          const rows = await table.batchGet(tenant, keys);
          await quick.markSealed(acme, places, asItIs);
          await quick.remove(acme, places, 'sealed');
          return rows;
        },
      },
    });
    await slow.markSealed(acme, places, asItIs);
    expect(await audit.outboxRows()).toBe(0);
  });

  test('a clock that does not advance stops it, and what waits is sealed once it does', async () => {
    const audit = fixture('clock');
    await audit.record(1);
    const pipeline = audit.pipeline();
    await pipeline.seal(acme);
    const last = audit.event();
    await audit.put(last);
    expect(await pipeline.seal(acme)).toEqual({ sealed: 0, more: true, stopped: 'clock' });
    audit.clock.advance(-5_000);
    expect(await pipeline.seal(acme)).toMatchObject({ stopped: 'clock' });
    expect((await audit.verify()).size).toBe(1);
    audit.clock.advance(6_000);
    expect(await pipeline.seal(acme)).toEqual({ sealed: 1, more: false });
  });

  test('a poison row is set aside, said to the log, and blocks no other', async () => {
    const audit = fixture('poison');
    const good = await audit.record(2);
    await audit.put({ ...audit.event(), type: 'no.such_type' } as never);
    await audit.put(audit.event({ resource: { type: 'role', id: 'x'.repeat(70_000) } }));
    const more = await audit.record(2);
    await audit.drain();
    expect(await audit.entryIds()).toEqual([...good, ...more]);
    expect(await audit.outboxRows()).toBe(2);
    expect(audit.logged.filter((line) => line.includes('set aside'))).toHaveLength(2);
    expect(audit.logged.join()).not.toContain('alice');
  });

  test('tiles that somebody altered stop the sealer before it signs anything over them', async () => {
    const audit = fixture('altered');
    await audit.record(3);
    await audit.drain();
    await audit.platform.archive.putReplaceable('log/acme/tile/0/000.p/3', new Uint8Array(96));
    await audit.record(1);
    audit.clock.advance(1_000);
    await expect(audit.pipeline().seal(acme)).rejects.toThrow('not those that its head was made from');
  });

  test('an older checkpoint that a slow writer left in the archive is put right by the next process', async () => {
    const audit = fixture('slow');
    await audit.record(3);
    await audit.drain();
    const old = (await audit.source().read('checkpoint')) ?? new Uint8Array();
    await audit.record(3);
    await audit.drain();
    await audit.platform.archive.putReplaceable('log/acme/checkpoint', old);
    await expect(audit.verify()).rejects.toThrow('does not cover');
    await audit.pipeline().seal(acme);
    expect((await audit.verify()).size).toBe(6);
  });

  test('a flood larger than one batch is sealed in several, all in order', async () => {
    const audit = fixture('flood');
    const recorded = await audit.record(2_500);
    audit.clock.advance(1_000);
    expect(await audit.pipeline().seal(acme)).toEqual({ sealed: 2_048, more: true });
    await audit.drain();
    expect(await audit.entryIds()).toEqual(recorded);
  }, 60_000);

  test('a fault every 100 writes loses none and doubles none', async () => {
    const audit = fixture('every-100');
    const recorded = await audit.record(4_000);
    let faults = 0;
    for (let waiting = true; waiting; ) {
      audit.faults.arm(99, (['not-made', 'made', 'died'] as const)[faults % 3] ?? 'made');
      try {
        const pipeline = audit.pipeline();
        for (;;) {
          audit.clock.advance(1_000);
          const sealed = await pipeline.seal(acme);
          const shipped = await pipeline.ship(acme);
          waiting = sealed.more || shipped.more || sealed.sealed > 0;
          if (!waiting || audit.faults.struck()) break;
        }
      } catch {
        waiting = true;
      }
      if (audit.faults.struck()) faults += 1;
      audit.faults.disarm();
    }
    expect(faults).toBeGreaterThan(3);
    await expectWhole(audit, recorded);
  }, 120_000);

  test('a full disk keeps everything in the outbox, and nothing is lost once there is room', async () => {
    const audit = fixture('full-disk');
    const full = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    const recorded = await audit.record(20);
    await audit.drain();
    recorded.push(...(await audit.record(30)));
    const { archive } = audit.platform;
    const cramped = auditPipeline({ ...audit.platform, archive: { ...archive, putLocked: full, putReplaceable: full } });
    audit.clock.advance(1_000);
    await expect(cramped.seal(acme)).rejects.toThrow('no space');
    expect((await audit.verify()).size).toBe(20);
    expect(await audit.outboxRows()).toBe(30);
    let room = 2;
    const filling = auditPipeline({
      ...audit.platform,
      archive: { ...archive, putReplaceable: (...args) => (room-- > 0 ? archive.putReplaceable(...args) : full()) },
    });
    audit.clock.advance(1_000);
    await expect(filling.seal(acme)).rejects.toThrow('no space');
    await audit.drain();
    await expectWhole(audit, recorded);
  });

  test('a row that was set aside waits again on one command, once what kept it is mended', async () => {
    const audit = fixture('aside');
    const bad = audit.event();
    await audit.put({ ...bad, type: 'no.such_type' } as never);
    await audit.drain();
    const outbox = tableOutbox({ table: audit.platform.table });
    const [row] = await listAside(outbox, acme);
    expect(row).toMatchObject({ id: bad.id, reason: 'the row holds no event' });
    const script = join(import.meta.dirname, '../../../scripts/replay-dead-letters.ts');
    const run = (...args: string[]) => spawnSync(execPath, [script, '--data', audit.folder, ...args], { encoding: 'utf8' }).stdout;
    expect(run()).toBe(`acme ${bad.id}: the row holds no event\n`);
    expect(run('--replay')).toContain('acme: 1 put back');
    await audit.drain();
    expect(await listAside(outbox, acme)).toHaveLength(1);
    expect(await replayAside({ ...outbox, putBack: (org, each) => outbox.putBack(org, { ...each, event: bad }) }, acme)).toBe(1);
    await audit.drain();
    await expectWhole(audit, [bad.id]);
  });

  test('a flood of one organization delays another by no more than a batch', async () => {
    const audit = fixture('fair');
    const flood = await audit.record(4_200);
    const globex = orgId.parse('globex');
    await audit.put(audit.event({ org: globex }));
    const order: string[] = [];
    const pipeline = audit.pipeline();
    const sealer = createSealer({
      log: audit.platform.log,
      organizations: pipeline.organizations,
      seal: (org) => {
        audit.clock.advance(1_000);
        order.push(org);
        return pipeline.seal(org);
      },
    });
    await sealer({});
    expect(order.indexOf('globex')).toBeLessThan(2);
    expect(order.filter((org) => org === 'acme').length).toBeGreaterThan(2);
    expect((await audit.platform.table.get(acme, headKey(acme)))?.size).toBe(flood.length);
  }, 60_000);
});
