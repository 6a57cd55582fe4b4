/** What the page of alerts asks of the server. */
import {ApiError, ask} from "../lib/api.js";

const DEADLINE_MS = 20_000;
const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== null));

export const getOpen = (filters) => ask(`/alerts/open?${query(filters)}`);
export const getPast = (filters) => ask(`/alerts/history?${query(filters)}`);
export const csvPath = (what, filters) => `/api/v1/${what}.csv?${query(filters)}`;
export const act = (body) => ask("/alerts/actions", {method: "POST", body});
export const getOrders = (filters) => ask(`/work-orders?${query(filters)}`);
export const getOrder = (id) => ask(`/work-orders/${encodeURIComponent(id)}`);
export const makeOrder = (body) => ask("/work-orders", {method: "POST", body});
export const getChannels = () => ask("/notifications");
export const sendTest = (recipient) => ask("/notifications/test", {method: "POST", body: {recipient}});

/**
 * Take an order a step on, if nobody else has since it was read.
 *
 * @param {{id: string, revision: number}} order @param {{status?: string, priority?: string, note?: string}} step
 */
export async function changeOrder(order, step) {
  const answer = await fetch(`/api/v1/work-orders/${encodeURIComponent(order.id)}`, {
    method: "PATCH",
    headers: {"content-type": "application/json", "if-match": `"${order.revision}"`},
    body: JSON.stringify(step),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const body = await answer.json();
  if (!answer.ok) throw new ApiError(answer.status, body, "/work-orders");
  return body;
}
