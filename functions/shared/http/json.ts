// Strict JSON for request bodies: no prototype keys, bounded depth, well-formed Unicode throughout.
import { AppError } from '../kernel/errors.ts';
import { pointerTo } from './pointer.ts';

/** Deeper than any body of the contract needs. */
const maxDepth = 64;

/** @throws AppError `malformed-json`: a lone surrogate can be neither stored nor signed nor sent on */
const refuseIllFormed = (path: readonly (string | number)[], what: string): never => {
  throw new AppError('malformed-json', 'the body holds a lone surrogate: see `errors`', {
    errors: [{ pointer: pointerTo(path) || '/', detail: `${what} has a lone surrogate` }],
  });
};

/** @param path of the value; each step is put there while it is checked, and taken away again */
const check = (value: unknown, path: (string | number)[]): void => {
  if (typeof value === 'string' && !value.isWellFormed()) refuseIllFormed(path, 'this text');
  if (typeof value !== 'object' || value === null) return;
  if (path.length > maxDepth) throw new AppError('malformed-json', `the body nests deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index);
      check(value[index], path);
      path.pop();
    }
    return;
  }
  for (const [key, element] of Object.entries(value)) {
    if (
      key === '__proto__' ||
      (key === 'constructor' && typeof element === 'object' && element !== null && Object.hasOwn(element, 'prototype'))
    ) {
      throw new AppError('malformed-json', 'the body holds a key that is not allowed');
    }
    if (!key.isWellFormed()) refuseIllFormed(path, 'a name of a field here');
    path.push(key);
    check(element, path);
    path.pop();
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
  check(value, []);
  return value;
};
