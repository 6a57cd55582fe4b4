/** What the page knows: the tablets, asked for again every few seconds, and the code that was made last. */
import {createStore} from "../lib/store.js";
import {createPairingCode, getTablets, revokeTablet} from "../lib/tablets.js";
import {createLooks} from "../office/looks.js";

const AGAIN_MS = 5_000;

/** `code` is what the office reads out; `before` the tablets that were in when it was made. */
const EMPTY = {tablets: null, required: false, code: null, before: [], live: undefined, fault: ""};

export function openDesk() {
  const store = createStore(EMPTY);
  const looks = createLooks(store);

  /** A tablet that was not there before has used the code: it is not shown any longer. */
  function take({tablets, required}) {
    const {code, before} = store.get();
    const isUsed = code && tablets.some((each) => !before.includes(each.tablet_id));
    store.set({tablets, required, live: true, ...(isUsed && {code: null})});
  }

  async function look() {
    try {
      take(await getTablets());
      looks.succeed();
    } catch (error) {
      store.set({live: false});
      looks.fail(error);
    }
  }

  async function change(work) {
    try {
      await work();
      store.set({fault: ""});
      await look();
    } catch (error) {
      store.set({fault: error});
    }
  }

  look();
  setInterval(() => document.hidden || look(), AGAIN_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());

  return {
    store,
    newCode: () => change(async () => {
      const before = (await getTablets()).tablets.map((each) => each.tablet_id);
      store.set({code: await createPairingCode(), before});
    }),
    hideCode: () => store.set({code: null}),
    revoke: (id) => change(() => revokeTablet(id)),
  };
}
