/** Signing this tablet out: only once the office has every tap, for it forgets everything. */
import {useWords} from "../../lib/context.js";
import {html, useState} from "../../lib/html.js";
import {signOutTablet} from "../../lib/tablets.js";

export function SignOut({session, state}) {
  const {t} = useWords();
  const [trouble, setTrouble] = useState("");
  const waiting = state.records.filter((record) => record.status === "waiting").length;
  const leave = async () => {
    const late = (await session.waiting()).length; // another tab may have taken a tap
    if (late) {
      setTrouble(t("signout.waiting", {n: late}));
      return;
    }
    try {
      await signOutTablet();
      await session.forget("signed_out");
    } catch (error) {
      setTrouble(error.status ? error.message : t("signout.offline"));
    }
  };
  if (waiting) return html`<p class="fault" role="status">${t("signout.waiting", {n: waiting})}</p>`;
  return html`<p>${t("signout.what")}</p>
    <p class=${trouble ? "fault" : ""} role="alert">${trouble}</p>
    <button type="button" class="tile" onClick=${leave}>${t("more.signout")}</button>`;
}
