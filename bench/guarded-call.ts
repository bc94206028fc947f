// The whole guarded call over loopback HTTP, and each of its steps: p50 and p99, all durable writes included.
import { join } from 'node:path';
import { client, guardedCall, prepare } from '../examples/guarded-client.ts';
import { startModel } from '../examples/model.ts';
import { startServer } from '../examples/server.ts';
import { type Bench, quantile, table } from './report.ts';

const warmUpCalls = 100;
const calls = 1_000;

const prompts = [
  'Summarise the ticket of customer 4711 in two sentences.',
  'My card 4111 1111 1111 1111 was charged twice, please refund it.',
  'Translate: the meeting is on Thursday at ten.',
  'Write to ada@example.com that the shipment is late.',
];

const run = async (): Promise<string> => {
  const server = await startServer(join(import.meta.dirname, '..'));
  const apiKey = `key-${crypto.randomUUID()}`;
  const model = await startModel(apiKey);
  const steps = new Map<string, number[]>();
  try {
    const api = client(server.url, server.tokens.admin ?? '');
    const setting = { calls: api, resolver: server.resolver, model: model.url, ...(await prepare(api, apiKey)) };
    for (let index = 0; index < warmUpCalls; index += 1) await guardedCall(setting, prompts[index % prompts.length] ?? '');
    const record = (step: string, ms: number): void => {
      const list = steps.get(step) ?? [];
      list.push(ms);
      steps.set(step, list);
    };
    for (let index = 0; index < calls; index += 1) {
      const started = performance.now();
      await guardedCall({ ...setting, onStep: record }, prompts[index % prompts.length] ?? '');
      record('whole call', performance.now() - started);
    }
  } finally {
    await model.close();
    await server.stop();
    server.remove();
  }
  const rows = [...steps].map(([step, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    return [step, quantile(sorted, 0.5).toFixed(2), quantile(sorted, 0.99).toFixed(2)];
  });
  return `${calls} calls one after another, of which half hold personal data (target: 15 ms p50 for the whole call).\n\n${table(['step', 'p50 ms', 'p99 ms'], rows)}`;
};

export const guardedCallBench: Bench = { name: 'Guarded call', run };
