/** Why something could not be done, in the page's language: by the problem's type and values (RFC 9457). */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

/** What the page calls the things that a refusal names. */
const named = (values = {}, city) => ({
  ...values, vehicle: city?.vehicles.find((each) => each.id === values.vehicle_id)?.name ?? values.vehicle_id,
});

/** A refusal's words; those of the server where the page has none for this kind. */
function toldAs(kind, values, detail, {t, city}) {
  const key = `refused.${kind}`;
  const text = t(key, {...named(values, city), detail});
  return text === key ? t("refused.other", {detail}) : text;
}

/**
 * @param {import("../lib/api.js").ApiError | Error | string} fault
 * @param {{t: Function, city?: object}} words
 * @returns {string} One sentence.
 */
export function refusalText(fault, words) {
  if (!fault?.status) return typeof fault?.status === "number" ? words.t("refused.unreachable")
    : words.t("app.could_not_load", {detail: fault.message ?? fault});
  return toldAs(fault.problem?.type?.split(":").pop(), fault.problem?.values, fault.message, words);
}

/** Why a plan that was ordered came to nothing: refused at once, or failed while it was made. */
export function failureText(job, words) {
  if (job.error) return refusalText(job.error, words);
  return job.failure ? toldAs(job.failure, {}, job.detail, words) : job.detail;
}

/** @param {{fault: unknown}} props Nothing to show when it is empty. */
export function Fault({fault}) {
  const words = useWords();
  return fault ? html`<p class="fault" role="alert">${refusalText(fault, words)}</p>` : null;
}
