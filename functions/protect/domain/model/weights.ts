// The trained weights as the scoring reads them: eight bits a weight, six heads a bucket.
import packed from './weights.json' with { type: 'json' };

/** What the model scores, in the order of the weights. */
export const heads = ['violence', 'selfHarm', 'illegal', 'explicit', 'offensive', 'injection'] as const;
export type Head = (typeof heads)[number];

export interface Stack {
  /** Of the single, triple and wide window, then of the other heads' wide windows. */
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface Weights {
  /** By bucket, then head. */
  readonly table: Int8Array;
  readonly scales: readonly number[];
  readonly biases: readonly number[];
  readonly stacks: readonly Stack[];
  /** Logits at which 5 %, 1 % and 0.2 % of ordinary prompts are reached, by head. */
  readonly thresholds: Readonly<Record<Head, readonly number[]>>;
}

let loaded: Weights | undefined;

export const loadWeights = (): Weights => {
  if (loaded === undefined) {
    const bytes = Buffer.from(packed.weights, 'base64');
    loaded = {
      table: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      scales: packed.scales,
      biases: packed.bias,
      stacks: packed.stacks.map(([weights, bias]) => ({ weights: weights as number[], bias: bias as number })),
      thresholds: packed.thresholds,
    };
  }
  return loaded;
};
