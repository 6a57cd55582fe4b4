/** A value that many parts of a page watch: the smallest thing that keeps map, table and figures in step. */
import {useEffect, useState} from "./html.js";

/**
 * @template T
 * @param {T} initial
 * @returns {{get: () => T, set: (next: Partial<T>) => void, watch: (told: (value: T) => void) => () => void}}
 *   `set` merges; `watch` returns the function that ends the watching.
 */
export function createStore(initial) {
  let value = initial;
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      value = {...value, ...next};
      for (const told of [...watchers]) told(value);
    },
    watch(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
  };
}

/** Re-render the calling component whenever the store changes. */
export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get()); // it may have changed between drawing and watching
    return store.watch(setValue);
  }, [store]);
  return value;
}
