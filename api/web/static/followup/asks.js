/** What the follow-up page asks of the server. */
import {ask} from "../lib/api.js";

const plan = (id) => `/plans/${encodeURIComponent(id)}`;

export const getFollowUp = () => ask("/followup");
export const getSums = (day) => ask(`/followup/days/${day}`);
export const getChanges = (id) => ask(`/followup/changes/${encodeURIComponent(id)}`);
export const takeMissedBack = (binIds) => ask("/followup/missed", {method: "POST", body: {bin_ids: binIds}});
export const orderReplan = (order) => ask("/plans", {method: "POST", body: order});
export const stopPlan = (id) => ask(`${plan(id)}/stop`, {method: "POST", body: {}});
export const discardPlan = (id) => ask(`${plan(id)}/discard`, {method: "POST", body: {}});
