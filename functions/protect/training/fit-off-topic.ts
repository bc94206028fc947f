// Fits how nearness to a domain becomes a probability of being off-topic, on domains made of public intents; prints figures on domains left out.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { bagOf, domainProfile, gistOf, nearness, nearnessCount } from '../domain/model/domain-profile.ts';
import { randomOf } from './expand.ts';

const [data = '', out = ''] = argv.slice(2);
interface Intents {
  readonly intents: Readonly<
    Record<string, { readonly domain?: string; readonly train: readonly string[]; readonly val?: readonly string[] }>
  >;
  readonly oos_train?: readonly string[];
  readonly oos_val?: readonly string[];
}
const { clinc, banking77 } = JSON.parse(readFileSync(data, 'utf8')) as { clinc: Intents; banking77: Intents };
const random = randomOf(11);
const pick = <T>(list: readonly T[], count: number): T[] => {
  const copy = [...list];
  for (let at = 0; at < Math.min(count, copy.length); at += 1) {
    const other = at + Math.floor(random() * (copy.length - at));
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
  }
  return copy.slice(0, count);
};

interface Topic {
  readonly name: string;
  readonly train: readonly string[];
  readonly val: readonly string[];
}
const topics: Topic[] = [];
for (const domain of new Set(Object.values(clinc.intents).map((intent) => intent.domain ?? ''))) {
  const own = Object.entries(clinc.intents).filter(([, intent]) => intent.domain === domain);
  topics.push({
    name: domain,
    train: own.flatMap(([, { train }]) => train),
    val: own.flatMap(([, { val }]) => val ?? []),
  });
}
const bank = Object.values(banking77.intents).map(({ train }) => train);
topics.push({ name: 'banking77', train: bank.flatMap((list) => list.slice(10)), val: bank.flatMap((list) => list.slice(0, 10)) });

const kin = new Set(['banking', 'credit_cards', 'banking77']);
interface Sample {
  readonly topic: number;
  readonly examples: number;
  readonly x: readonly number[];
  readonly y: number;
}
const samples: Sample[] = [];
const bags = new Map<string, ReturnType<typeof bagOf>>();
const bagFor = (text: string): ReturnType<typeof bagOf> => {
  const known = bags.get(text) ?? bagOf(gistOf(text));
  bags.set(text, known);
  return known;
};
const oos = [...(clinc.oos_train ?? []), ...(clinc.oos_val ?? [])];
for (const [index, { name, train, val }] of topics.entries()) {
  for (const examples of [0, 5, 10, 20, 50, 100, 200]) {
    for (let round = 0; round < 2; round += 1) {
      const profile = domainProfile(name.replace('_', ' ').replace('77', ''), pick(train, examples));
      if (profile === undefined) continue;
      const add = (texts: readonly string[], y: number): void => {
        for (const text of texts) samples.push({ topic: index, examples, x: nearness(profile, bagFor(text)), y });
      };
      add(pick(val, 150), 0);
      add(pick(oos, 60), 1);
      const others = topics.filter((other) => other.name !== name && !(kin.has(name) && kin.has(other.name)));
      add(
        pick(
          others.flatMap((other) => other.val),
          120,
        ),
        1,
      );
    }
  }
}

const expand = (x: readonly number[]): number[] => {
  const size = x[nearnessCount - 1] as number;
  return [...x, ...x.slice(0, -1).map((value) => value * (size / 5))];
};
const fitWeights = (rows: readonly Sample[]): number[] => {
  const inputs = rows.map(({ x }) => [1, ...expand(x)]);
  const width = inputs[0]?.length ?? 0;
  const w = new Array<number>(width).fill(0);
  const m = new Array<number>(width).fill(0);
  const v = new Array<number>(width).fill(0);
  for (let step = 1; step <= 400; step += 1) {
    const gradient = new Array<number>(width).fill(0);
    for (const [index, input] of inputs.entries()) {
      let z = 0;
      for (let at = 0; at < width; at += 1) z += (w[at] as number) * (input[at] as number);
      const error = 1 / (1 + Math.exp(-z)) - (rows[index]?.y ?? 0);
      for (let at = 0; at < width; at += 1) gradient[at] = (gradient[at] as number) + error * (input[at] as number);
    }
    for (let at = 0; at < width; at += 1) {
      const g = (gradient[at] as number) / inputs.length + 1e-4 * (w[at] as number);
      m[at] = 0.9 * (m[at] as number) + 0.1 * g;
      v[at] = 0.99 * (v[at] as number) + 0.01 * g * g;
      w[at] =
        (w[at] as number) - (0.08 * ((m[at] as number) / (1 - 0.9 ** step))) / (Math.sqrt((v[at] as number) / (1 - 0.99 ** step)) + 1e-8);
    }
  }
  return w;
};
const scoreBy = (w: readonly number[], x: readonly number[]): number =>
  [1, ...expand(x)].reduce((sum, value, at) => sum + value * (w[at] as number), 0);

const held: { topic: number; examples: number; y: number; z: number }[] = [];
for (const [index] of topics.entries()) {
  const w = fitWeights(samples.filter(({ topic }, at) => topic !== index && at % 2 === 0));
  for (const { topic, examples, x, y } of samples) if (topic === index) held.push({ topic, examples, y, z: scoreBy(w, x) });
}
const figures: string[] = [];
const thresholds: Record<string, number[]> = {};
for (const examples of [0, 5, 10, 20, 50, 100, 200]) {
  const caught = topics.map((_, topic) => {
    const own = held.filter((row) => row.topic === topic && row.examples === examples);
    const inside = own
      .filter(({ y }) => y === 0)
      .map(({ z }) => z)
      .sort((a, b) => a - b);
    const limit = inside[Math.floor(inside.length * 0.95)] ?? 0;
    const outside = own.filter(({ y }) => y === 1);
    return outside.filter(({ z }) => z > limit).length / outside.length;
  });
  const inside = held
    .filter((row) => row.examples === examples && row.y === 0)
    .map(({ z }) => z)
    .sort((a, b) => a - b);
  thresholds[examples] = [0.95, 0.99, 0.998].map((share) => inside[Math.floor(inside.length * share)] ?? 0);
  figures.push(
    `${examples} examples: caught at 5 % false alarms, by domain left out: ${topics.map(({ name }, at) => `${name} ${(caught[at] ?? 0).toFixed(2)}`).join(', ')}; mean ${(caught.reduce((a, b) => a + b, 0) / caught.length).toFixed(3)}`,
  );
}
stdout.write(`${figures.join('\n')}\n`);
if (out !== '')
  writeFileSync(out, `${JSON.stringify({ weights: fitWeights(samples).map((value) => Number(value.toFixed(4))), thresholds, figures })}\n`);
