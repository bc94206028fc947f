// Organizations take turns: each gets one batch a round, so that a flood from one delays no other by more than a batch.

/**
 * @param step does one batch, and says whether more waits
 * @param failed hears what an item's step threw; that item gets no further turn
 */
export const takeTurns = async <T>(
  items: readonly T[],
  step: (item: T) => Promise<boolean>,
  failed: (item: T, error: unknown) => void,
): Promise<void> => {
  for (let waiting = [...new Set(items)]; waiting.length > 0; ) {
    const again: T[] = [];
    for (const item of waiting) {
      try {
        if (await step(item)) again.push(item);
      } catch (error) {
        failed(item, error);
      }
    }
    waiting = again;
  }
};
