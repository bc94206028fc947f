// Content policy: violence, self-harm, illegal activity, explicit and offensive text, by the trained model.
import { type Head, heads } from '../model/weights.ts';
import { type ModelThresholds, modelDetector } from './model-detector.ts';

export const contentHeads = heads.filter((head): head is Exclude<Head, 'injection'> => head !== 'injection');

/** Reads the least disguised form beside the plain one, and letters hidden as digits. */
export const content = modelDetector(contentHeads, (views) => {
  const last = views.all.at(-1);
  const leet = views.leet();
  return [views.all[0], last, leet];
});

export type ContentThresholds = ModelThresholds;
