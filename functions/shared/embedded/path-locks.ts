// One writer at a time for each path of this process.

/** @returns a function that runs work on a path after all earlier work on it has ended */
export const pathLocks = (): (<T>(path: string, work: () => Promise<T>) => Promise<T>) => {
  const tails = new Map<string, Promise<unknown>>();
  return (path, work) => {
    const run = (tails.get(path) ?? Promise.resolve()).then(work, work);
    const tail = run.then(
      () => undefined,
      () => undefined,
    );
    tails.set(path, tail);
    void tail.then(() => tails.get(path) === tail && tails.delete(path));
    return run;
  };
};
