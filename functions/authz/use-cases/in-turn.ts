// One writer at a time in this process: those that wait would only make each other try again.

/** @returns a function that runs work for a key after all earlier work for it */
export const inTurn = <K>(): (<T>(key: K, work: () => Promise<T>) => Promise<T>) => {
  const last = new Map<K, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
};
