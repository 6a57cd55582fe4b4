/** Asks the registry. Beside the answer comes its mark (ETag): whoever changes a thing says which version was seen. */
import {ApiError} from "../lib/api.js";

const BASE = "/api/v1";
const DEADLINE_MS = 60_000;

/**
 * @param {string} path Below /api/v1.
 * @param {{method?: string, json?: unknown, file?: Blob, seen?: string}} [options] `seen` is sent as If-Match.
 * @returns {Promise<{body: any, mark: string}>}
 * @throws {ApiError}
 */
export async function send(path, {method = "GET", json, file, seen} = {}) {
  let answer;
  let body = null;
  try {
    answer = await fetch(BASE + path, {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE_MS),
      headers: {
        ...(json !== undefined && {"content-type": "application/json"}),
        ...(file && {"content-type": "text/csv"}), ...(seen && {"if-match": seen}),
      },
      body: json === undefined ? file : JSON.stringify(json),
    });
    body = answer.status === 204 ? null : await answer.json();
  } catch (error) {
    throw new ApiError(answer?.ok === false ? answer.status : 0, {detail: String(error?.message ?? error)}, path);
  }
  if (!answer.ok) throw new ApiError(answer.status, body, path);
  return {body, mark: answer.headers.get("etag") ?? ""};
}

const named = (id) => encodeURIComponent(id);
export const look = (path, query = {}) => send(`/assets/${path}?${new URLSearchParams(query)}`).then(({body}) => body);
export const getAsset = (kind, id) => send(`/assets/${kind}/${named(id)}`);
export const createAsset = (kind, json) => send(`/assets/${kind}`, {method: "POST", json});
export const changeAsset = (kind, id, json, seen) => send(`/assets/${kind}/${named(id)}`, {method: "PATCH", json, seen});
export const retireAsset = (kind, id, seen) => send(`/assets/${kind}/${named(id)}`, {method: "DELETE", seen});
export const hangSensor = (binId, json) => send(`/assets/bins/${named(binId)}/hang`, {method: "POST", json});
export const takeDown = (binId, json) => send(`/assets/bins/${named(binId)}/take-down`, {method: "POST", json});
export const adopt = (deviceId, json) => send(`/assets/quarantine/${named(deviceId)}/hang`, {method: "POST", json});
export const dismiss = (deviceId) => send(`/assets/quarantine/${named(deviceId)}`, {method: "DELETE"});
export const importSheet = (file, query, seen) => send(
  `/assets/import?${new URLSearchParams(query)}`, {method: "POST", file, seen},
).then(({body}) => body);
