// A bounded map that forgets what was not used for longest.

export interface Lru<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  /** Forgets the key, if it still stands for that value. */
  drop(key: K, value: V): void;
}

export const lru = <K, V>(max: number): Lru<K, V> => {
  // INVARIANT: a Map iterates in the order of insertion, so the first key is the one unused for longest.
  const map = new Map<K, V>();
  return {
    get: (key) => {
      const value = map.get(key);
      if (value === undefined) return undefined;
      map.delete(key);
      map.set(key, value);
      return value;
    },
    set: (key, value) => {
      map.delete(key);
      map.set(key, value);
      const [oldest] = map.keys();
      if (map.size > max && oldest !== undefined) map.delete(oldest);
    },
    drop: (key, value) => {
      if (map.get(key) === value) map.delete(key);
    },
  };
};
