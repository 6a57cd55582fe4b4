/** At the end of the list: whether the page and its map would open without a network, and a new version to take. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {useStore} from "../lib/store.js";
import {offline} from "./kept.js";

function wordOf({page, tiles, wanted}) {
  if (page === "unable") return "driver.offline_needs_https";
  if (page === "failed") return "driver.offline_failed";
  return page === "kept" && tiles === wanted ? "driver.offline_kept" : "driver.offline_keeping";
}

export function OfflineNote({position}) {
  const {t} = useWords();
  const state = useStore(offline);
  return html`<div class="offline-note">
    <p><${Icon} name=${wordOf(state) === "driver.offline_kept" ? "check" : "why"} size=${20} />
      <span>${t(wordOf(state))}</span></p>
    <div role="status">${state.update && html`<button type="button" class="plain"
      onClick=${async () => (await import("./offline.js")).takeUpdate()}>
      ${t(state.taking ? "driver.taking_update" : "driver.take_update")}</button>`}</div>
    <p><${Icon} name="eye" size=${20} /><span>${t(position ? "driver.privacy_position" : "driver.privacy")}</span></p>
  </div>`;
}
