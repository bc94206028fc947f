// JSON pointers (RFC 6901) to faults of a request.

/** Characters of a step that are shown: a body's own key may be as long as the body. */
const maxStepLength = 100;

/** @returns the pointer to what stands at the path, empty for the whole */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).slice(0, maxStepLength).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
