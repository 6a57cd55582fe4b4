/** Asks for an answer together with its tag, by which other answers speak of it. */
import {ApiError} from "../lib/api.js";

const DEADLINE_MS = 20_000;

/** @param {string} path Below /api/v1. @returns {Promise<{body: any, tag: string}>} @throws {ApiError} */
export async function askTagged(path) {
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {signal: AbortSignal.timeout(DEADLINE_MS)}); // the browser keeps it and asks by its tag
    const body = await answer.json();
    if (!answer.ok) throw new ApiError(answer.status, body, path);
    return {body, tag: answer.headers.get("etag")};
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(answer?.ok === false ? answer.status : 0, {detail: String(error?.message ?? error)}, path);
  }
}
