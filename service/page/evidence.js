// The card's figures, fetched when they come into view.

import { card } from "./api.js";
import { confusion } from "./confusion.js";
import { curves } from "./curves.js";
import { byId, h, percent, whenNear } from "./dom.js";
import { onReveal } from "./guess.js";
import { missingGroup } from "./missing-group.js";
import { figure, numbers } from "./plot.js";
import { reliability } from "./reliability.js";
import { onAnswer, state } from "./state.js";
import { latest } from "./task.js";
import { isVeiled } from "./veil.js";

/** @import { Card, OfferedModel } from "./openapi.js" */

/** @type {{model: OfferedModel, card: Card}|null} */
let shown = null;

/** How well each class fares, where that was measured. @param {Card} card */
function classes(card) {
  const entries = Object.entries(card.quantitative_analyses.per_class)
    .flatMap(([label, { recall, precision }]) =>
      recall.value === null ? [] : [{ label, recall: recall.value, interval: recall.ci, precision: precision.value }],
    )
    .sort((one, other) => other.recall - one.recall);
  if (!entries.length) return null;
  const rows = entries.map(({ label, recall, interval }) => {
    const range = h("i", { class: "range" });
    if (interval) {
      range.style.left = `${100 * interval.lower}%`;
      range.style.width = `${100 * (interval.upper - interval.lower)}%`;
    }
    return h(
      "div",
      { class: "interval" },
      h("span", { class: "name" }, label),
      h("span", { class: "axis", "aria-hidden": "true" }, range),
      h("span", { class: "figure" }, percent(recall)),
    );
  });
  return figure("Some classes bear more of the mistakes", [
    h("div", { class: "intervals" }, ...rows),
    h("p", { class: "quiet" }, "Share of each class’s test images that are recognised, with 95 % intervals."),
    numbers(
      ["class", "recognised", "right when it says so"],
      entries.map(({ label, recall, precision }) => [
        label,
        percent(recall),
        precision === null ? "–" : percent(precision),
      ]),
    ),
  ]);
}

const fill = latest(async (signal) => {
  if (!state.view) return;
  const { model, answer } = state.view;
  const found = await card(model, signal);
  shown = { model, card: found };
  byId("card-link", HTMLAnchorElement).href =
    `model-card?model=${encodeURIComponent(model.name)}&version=${model.version}`;
  const figures = [curves(found), missingGroup(found), confusion(found, model), classes(found)].filter(
    (made) => made !== null,
  );
  const certainty = reliability(found, answer);
  if (certainty) figures.push(h("div", { id: "reliability", "data-veil": "silent", hidden: isVeiled() }, certainty));
  byId("figures").replaceChildren(
    ...(figures.length ? figures : [h("p", {}, "This model’s card holds none of these figures.")]),
  );
});

/** Shows the figures of the model asked, with the present answer's place among them. */
export function start() {
  let near = false;
  const refresh = () => {
    if (!near || !state.view) return;
    const { model, answer } = state.view;
    if (shown?.model !== model) fill();
    else document.getElementById("reliability")?.replaceChildren(reliability(shown.card, answer) ?? "");
  };
  onAnswer(refresh);
  onReveal(refresh);
  whenNear(byId("figures"), () => {
    near = true;
    refresh();
  });
}
