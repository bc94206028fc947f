import { expect, test } from 'vitest';
import { folderDelivery } from '../../../../functions/shared/embedded/folder-delivery.ts';
import type { Archive } from '../../../../functions/shared/ports/archive.ts';
import type { DeliveryRecord } from '../../../../functions/shared/ports/delivery.ts';

const atMs = Date.UTC(2026, 2, 4, 5, 59, 59, 999);
const record = (org: string, text: string, timeMs = atMs): DeliveryRecord => ({ org, timeMs, line: new Uint8Array(Buffer.from(text)) });

const open = (fails: (path: string) => boolean = () => false) => {
  const objects = new Map<string, { text: string; retainUntilMs: number }>();
  const putLocked: Archive['putLocked'] = async (path, bytes, retainUntilMs) => {
    if (fails(path)) throw new Error('disk full');
    objects.set(path, { text: Buffer.from(bytes).toString(), retainUntilMs });
  };
  return { objects, delivery: folderDelivery({ archive: { putLocked } as Archive, retentionDays: 2 }) };
};

test('each organization and hour of a batch is one object, locked from its last event on', async () => {
  const { objects, delivery } = open();
  await delivery.deliver([record('acme', 'a'), record('zeta', 'z'), record('acme', 'b', atMs - 1000), record('acme', 'c', atMs + 1)]);
  const found = [...objects].map(([path, { text, retainUntilMs }]) => [path.replace(/[0-9a-f]{32}/, 'NAME'), text, retainUntilMs - atMs]);
  const twoDays = 2 * 24 * 60 * 60_000;
  expect(found).toEqual([
    ['archive/acme/2026/03/04/05/NAME.jsonl', 'a\nb\n', twoDays],
    ['archive/zeta/2026/03/04/05/NAME.jsonl', 'z\n', twoDays],
    ['archive/acme/2026/03/04/06/NAME.jsonl', 'c\n', twoDays + 1],
  ]);
});

test('the same batch sent again goes to the same object, another one does not', async () => {
  const { objects, delivery } = open();
  await delivery.deliver([record('acme', 'a')]);
  await delivery.deliver([record('acme', 'a')]);
  expect(objects.size).toBe(1);
  await delivery.deliver([record('acme', 'b')]);
  expect(objects.size).toBe(2);
});

test('records of an object that could not be written are named, and the others are in the archive', async () => {
  const { objects, delivery } = open((path) => path.startsWith('archive/acme/'));
  const result = await delivery.deliver([record('zeta', 'z'), record('acme', 'a'), record('zeta', 'y'), record('acme', 'b')]);
  expect(result).toEqual({ failed: [1, 3], archived: true });
  expect([...objects.values()].map(({ text }) => text)).toEqual(['z\ny\n']);
});
