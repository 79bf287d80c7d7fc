// Two pages on paper: the steps of the hour, and what to argue with.

import { card, share } from "./api.js";
import { byId, h, percent, thousands } from "./dom.js";
import { state } from "./state.js";
import { STEPS } from "./steps.js";
import { latest } from "./task.js";

/** @import { Card } from "./openapi.js" */

const WHAT_AN_INTERVAL_IS =
  "A 95 % interval is made so that, of many made in this way from other images, 95 in 100 hold the figure of all images of this kind.";

/** @param {string} what @param {Card["metrics"]["decision"]["test_error"]|undefined} number */
function figure(what, number) {
  if (!number || number.value === null) return null;
  const interval = number.ci ? ` (95 % interval ${percent(number.ci.lower)} to ${percent(number.ci.upper)})` : "";
  const n = number.n === null || number.n === undefined ? "" : `, n = ${thousands(number.n)}`;
  return h("li", {}, `${what}: ${percent(number.value)}${interval}${n}`);
}

/** @param {Card} found */
function numbers({ quantitative_analyses: { splits, per_class: classes }, metrics: { decision } }) {
  const recalls = Object.entries(classes)
    .filter(([, { recall }]) => recall.value !== null)
    .sort(([, one], [, other]) => (one.recall.value ?? 0) - (other.recall.value ?? 0));
  const [worst, best] = [recalls[0], recalls[recalls.length - 1]];
  return h(
    "ul",
    { class: "plain" },
    figure("Right about its training images", splits.train?.accuracy),
    figure("Right about test images", splits.test?.accuracy),
    figure("Wrong where it is confident", decision.test_error),
    worst && figure(`Its worst class, ${worst[0]}, is recognised`, worst[1].recall),
    best && figure(`Its best class, ${best[0]}, is recognised`, best[1].recall),
  );
}

const prepare = latest(async (signal) => {
  const model = state.models.find((each) => each.default) ?? state.models[0];
  if (!model) return;
  const [found, { addresses }] = await Promise.all([card(model, signal), share(location.origin, signal)]);
  const [shared] = addresses;
  if (signal.aborted) return;
  const clone = (/** @type {string} */ selector) => document.querySelector(selector)?.cloneNode(true) ?? "";
  byId("handout").replaceChildren(
    h(
      "section",
      {},
      h("h1", {}, "A network of ten words: a seminar hour"),
      h(
        "ol",
        {},
        ...STEPS.map(({ title, minutes, question, task }) =>
          h(
            "li",
            {},
            h("strong", {}, `${title} (${minutes} min). `),
            question,
            " ",
            h("em", {}, task),
            h("span", { class: "write" }),
          ),
        ),
      ),
    ),
    h(
      "section",
      {},
      h("h1", {}, "To argue with"),
      h("h2", {}, `What was measured of ${model.name}, version ${model.version}`),
      numbers(found),
      h("p", {}, WHAT_AN_INTERVAL_IS),
      h("h2", {}, "To discuss"),
      clone(".discussion"),
      h("h2", {}, "What the seminar reads"),
      clone(".references"),
      // The address of this machine to itself is of no use on paper.
      h("p", {}, `The page: ${shared ? new URL("?step=1", shared.url).href : "____________________________________"}`),
    ),
  );
  document.body.classList.add("printing-handout");
  window.print();
});

/** Makes the button work. */
export function start() {
  byId("print-handout").addEventListener("click", () => prepare());
  window.addEventListener("afterprint", () => {
    document.body.classList.remove("printing-handout");
    byId("handout").replaceChildren();
  });
}
