/** Turns the pages of a table; they are numbered from 0. */
import {useWords} from "./context.js";
import {html} from "./html.js";

export function Pager({label, page, pages, onPage}) {
  const {t} = useWords();
  return html`<nav class="pager" aria-label=${label}>
    <button type="button" class="button" disabled=${page === 0} onClick=${() => onPage(page - 1)}>
      ${t("pager.previous")}</button>
    <span>${t("pager.page", {page: page + 1, pages})}</span>
    <button type="button" class="button" disabled=${page >= pages - 1} onClick=${() => onPage(page + 1)}>
      ${t("pager.next")}</button></nav>`;
}
