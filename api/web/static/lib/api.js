/** Asks the server. Every failure is one kind of error that can be shown to a person. */

export const BASE = "/api/v1";
const DEADLINE_MS = 20_000;

/** A request that did not succeed. `status` is 0 when the server was not reached at all. */
export class ApiError extends Error {
  constructor(status, problem, path) {
    super(problem?.detail || problem?.title || `${path}: ${status || "no answer"}`);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem ?? null;
  }
}

let token = "";
let onRefused = () => {};

/**
 * Show this tablet's token with every question from now on.
 *
 * @param {string} [next] Empty: none. @param {(kind: string) => void} [told] Told when the server knows us no more.
 */
export function carry(next = "", told = onRefused) {
  token = next;
  onRefused = told;
}

/**
 * @param {string} path Below /api/v1, beginning with a slash.
 * @param {{method?: string, body?: unknown, signal?: AbortSignal}} [options] `body` is sent as JSON.
 * @returns {Promise<any>} The decoded answer.
 * @throws {ApiError}
 */
export async function ask(path, {method = "GET", body, signal} = {}) {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  let answer;
  let decoded = null;
  const shown = token;
  try {
    answer = await fetch(BASE + path, {
      method,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: {
        ...(body !== undefined && {"content-type": "application/json"}), ...(shown && {authorization: `Bearer ${shown}`}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
    decoded = answer.status === 204 ? null : await answer.json();
  } catch (error) {
    if (answer && !answer.ok) throw new ApiError(answer.status, null, path);
    throw new ApiError(0, {detail: String(error?.message ?? error)}, path);
  }
  if (answer.status === 401 && shown === token) onRefused(decoded?.type?.split(":").pop());
  if (!answer.ok) throw new ApiError(answer.status, decoded, path);
  return decoded;
}

export const getCity = () => ask("/city");
export const getDriverRoutes = () => ask("/driver/routes");
export const getDriverRoute = (vehicleId) => ask(`/driver/routes/${encodeURIComponent(vehicleId)}`);
export const getGuidance = (vehicleId, leg, language) => ask(
  `/driver/routes/${encodeURIComponent(vehicleId)}/legs/${leg}/guidance?lang=${language}`,
);
export const getDriverBins = (vehicleId) => ask(`/driver/bins?vehicle_id=${encodeURIComponent(vehicleId)}`).then(
  ({bins}) => bins,
);
export const sendEvents = (body) => ask("/driver/events", {method: "POST", body});
export const STREAM_PATH = `${BASE}/stream`;
