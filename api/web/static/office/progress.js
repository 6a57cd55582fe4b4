/** What the planner does now, and how good the plan is so far. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {failureText} from "./refused.js";

/** How the cost came down while the engine searched: a small falling line. */
function CostLine({costs}) {
  if (costs.length < 2) return null;
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const points = costs.map((cost, index) => [
    (index / (costs.length - 1)) * 200, 4 + (1 - (cost - low) / (high - low || 1)) * 32]);
  return html`<svg class="cost-line" viewBox="0 0 200 40" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <polyline points=${points.map(([x, y]) => `${x},${y}`).join(" ")} fill="none" vector-effect="non-scaling-stroke" /></svg>`;
}

/** What the planner does now, in words. An engine may add its round to the name: "pyvrp round 2". */
export function stageText(stage, t) {
  const key = `stage.${stage.split(" ")[0]}`;
  const text = t(key);
  return text === key ? t("plan.making") : text;
}

/** Seconds since the planner began: as told, and counted on while it is silent. */
function useElapsed(job) {
  const [extraS, setExtraS] = useState(0);
  useEffect(() => {
    const toldMs = performance.now();
    setExtraS(0);
    const timer = setInterval(() => setExtraS((performance.now() - toldMs) / 1000), 500);
    return () => clearInterval(timer);
  }, [job]);
  return job.elapsed_s + extraS;
}

/** The budget is the search's: with what comes before and after it, "5 of at most 2 s" would be told. */
export const elapsedKey = (job, elapsedS) => (job.budget_s && elapsedS <= job.budget_s ? "plan.elapsed_of" : "plan.elapsed");

/** @param {{job: object, onStop?: () => void}} props `onStop` ends the search with the best plan so far. */
export function Progress({job, onStop}) {
  const words = useWords();
  const {t, format} = words;
  const elapsedS = useElapsed(job);
  if (job.failed) return html`<p class="fault" role="alert">${t("plan.failed", {detail: failureText(job, words)})}</p>`;
  const isFound = job.best_cost_minor !== null && job.best_cost_minor !== undefined;
  const seconds = {s: format.whole(elapsedS), budget: format.whole(job.budget_s)};
  return html`<div class="progress-box">
    <p class="stage" role="status"><i class="spinner" aria-hidden="true"></i>${stageText(job.stage, t)}</p>
    <p class="so-far"><span>${t(elapsedKey(job, elapsedS), seconds)}</span>
      ${isFound && html`<b>${t("plan.best", {cost: format.money(job.best_cost_minor)})}</b>`}</p>
    <${CostLine} costs=${job.costs} />
    ${onStop && html`<button type="button" class="button" disabled=${!isFound || job.stopping} onClick=${onStop}>
      ${t(job.stopping ? "plan.stopping" : "plan.stop")}</button>`}
  </div>`;
}
