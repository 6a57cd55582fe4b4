/**
 * A page looks again by itself. What a person was refused meanwhile must stay to be read until the next deed; that a look
 * failed is told until one succeeds.
 */

/** @param {{get: () => {fault: unknown}, set: Function}} store */
export function createLooks(store) {
  let unseen = "";
  return {
    /** A look succeeded. */
    succeed() {
      if (store.get().fault === unseen) store.set({fault: ""});
    },
    /** A look failed. @param {Error} error */
    fail(error) {
      unseen = error;
      store.set({fault: error});
    },
  };
}
