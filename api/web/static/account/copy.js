/** A button that takes a secret told once into the clipboard, and says so. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

/** Nothing where the browser has no clipboard for us, as on an address without HTTPS: the words can be marked there. */
export function Copy({text, isFirst = true}) {
  const {t} = useWords();
  const [isDone, setDone] = useState(false);
  useEffect(() => setDone(false), [text]);
  if (!navigator.clipboard) return null;
  const copy = () => navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
  return html`<button type="button" class=${`button ${isFirst ? "primary" : ""}`} onClick=${copy}>
    ${t(isDone ? "action.copied" : "action.copy")}</button>`;
}
