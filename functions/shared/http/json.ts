// Strict JSON for request bodies: no prototype keys, bounded depth.
import { AppError } from '../kernel/errors.ts';

/** Deeper than any body of the contract needs. */
const maxDepth = 64;

const check = (value: unknown, depth: number): void => {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw new AppError('malformed-json', `the body nests deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) {
    for (const element of value) check(element, depth + 1);
    return;
  }
  for (const [key, element] of Object.entries(value)) {
    if (
      key === '__proto__' ||
      (key === 'constructor' && typeof element === 'object' && element !== null && Object.hasOwn(element, 'prototype'))
    ) {
      throw new AppError('malformed-json', 'the body holds a key that is not allowed');
    }
    check(element, depth + 1);
  }
};

/** @throws AppError `malformed-json`, saying where the parser stopped but not what stood there */
export const parseStrictJson = (text: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const at = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
    throw new AppError('malformed-json', `the body is not JSON${at === undefined ? '' : ` (it stops being so at character ${at})`}`, {
      cause,
    });
  }
  check(value, 0);
  return value;
};
