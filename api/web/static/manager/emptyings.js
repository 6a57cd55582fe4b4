/** Two witnesses of one emptying: the sensor that saw the level fall and the driver who tapped. */

const SAME_MS = 3 * 3_600_000; // a sensor reports some hours apart, so it sees the fall up to that much later

/**
 * Join what a sensor saw with what a driver confirmed, when both can be the same.
 *
 * @param {Array<{at_utc: string, source: string}>} emptyings Oldest first.
 * @returns {Array<{at_utc: string, sources: string[]}>} The driver's moment counts; the levels are the sensor's.
 */
export function joinEmptyings(emptyings) {
  const joined = [];
  for (const each of emptyings) {
    const last = joined.at(-1);
    const isSame = last && !last.sources.includes(each.source) && Date.parse(each.at_utc) - Date.parse(last.at_utc) <= SAME_MS;
    if (!isSame) {
      joined.push({...each, sources: [each.source]});
      continue;
    }
    last.sources.push(each.source);
    last.fill_before_fraction ??= each.fill_before_fraction;
    last.fill_after_fraction ??= each.fill_after_fraction;
    if (each.source === "confirmed") last.at_utc = each.at_utc;
  }
  return joined;
}
