/** What more than one office page, or a whole desk of one, asks the server. */
import {BASE, ask} from "../lib/api.js";

export const getBin = (id) => ask(`/bins/${encodeURIComponent(id)}`);
export const getHistory = (id) => ask(`/bins/${encodeURIComponent(id)}/history`);
export const getForecast = (id, hours) => ask(`/bins/${encodeURIComponent(id)}/forecast?hours=${hours}`);
export const getPlans = (limit) => ask(`/plans?limit=${limit}`);
export const getPlan = (id) => ask(`/plans/${encodeURIComponent(id)}`);
export const createPlan = () => ask("/plans", {method: "POST", body: {}});
export const publishPlan = (id) => ask(`/plans/${encodeURIComponent(id)}/publish`, {method: "POST", body: {}});
export const getSensors = (query) => ask(`/sensors?${new URLSearchParams(query)}`);
export const getHealth = () => ask("/health");
export const getWorkers = () => ask("/workers");
export const getAlerts = () => ask("/alerts?active=true");
export const getQuarantine = () => ask("/quarantine");
export const getDeadLetters = (limit) => ask(`/dead-letters?limit=${limit}`);
export const getRequests = (binId) => ask(`/bins/${encodeURIComponent(binId)}/requests`);
export const withdraw = (binId, requestId) => ask(
  `/bins/${encodeURIComponent(binId)}/requests/${encodeURIComponent(requestId)}`, {method: "DELETE"},
);
export const progressPath = (id) => `${BASE}/plans/${encodeURIComponent(id)}/progress`;
