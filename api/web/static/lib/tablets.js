/** What a tablet asks to be let in and to leave, and what the office asks about tablets. */
import {ask} from "./api.js";

export const createPairingCode = () => ask("/tablets/pairing-codes", {method: "POST", body: {}});
export const pairTablet = (code, name) => ask("/tablets", {method: "POST", body: {code, name}});
export const getTablets = () => ask("/tablets");
export const revokeTablet = (id) => ask(`/tablets/${encodeURIComponent(id)}`, {method: "DELETE"});
export const signOutTablet = () => ask("/tablets/me/sign-out", {method: "POST", body: {}});
