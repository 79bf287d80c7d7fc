// The card's figures, fetched when they come into view.

import { card } from "./api.js";
import { confusion } from "./confusion.js";
import { curves } from "./curves.js";
import { byId, h, percent, whenNear } from "./dom.js";
import { missing } from "./missing.js";
import { figure, numbers } from "./plot.js";
import { reliability } from "./reliability.js";
import { onAnswer, state } from "./state.js";
import { latest } from "./task.js";

/** @type {any} */ let shown = null;
/** @type {any} */ let cardShown = null;

/** How well each class fares. @param {any} card */
function classes(card) {
  const entries = Object.entries(card.quantitative_analyses.per_class)
    .map(([label, { recall, precision }]) => ({ label, recall, precision }))
    .sort((one, other) => other.recall.value - one.recall.value);
  if (!entries.length) return null;
  const rows = entries.map(({ label, recall }) => {
    const range = h("i", { class: "range" });
    range.style.left = `${100 * recall.ci.lower}%`;
    range.style.width = `${100 * (recall.ci.upper - recall.ci.lower)}%`;
    return h("div", { class: "interval" }, h("span", { class: "name" }, label), h("span", { class: "axis", "aria-hidden": "true" }, range), h("span", { class: "figure" }, percent(recall.value)));
  });
  return figure("Some classes bear more of the mistakes", [
    h("div", { class: "intervals" }, ...rows),
    h("p", { class: "quiet" }, "Share of each class’s test images that are recognised, with 95 % intervals."),
    numbers(["class", "recognised", "right when it says so"], entries.map(({ label, recall, precision }) => [label, percent(recall.value), precision.value === null ? "–" : percent(precision.value)])),
  ]);
}

const fill = latest(async (signal) => {
  const { model } = state;
  const found = await card(model, signal);
  cardShown = found;
  shown = model;
  byId("card-link").href = `model-card?model=${encodeURIComponent(model.name)}&version=${model.version}`;
  const figures = [missing(found), curves(found), confusion(found, model), classes(found)].filter(Boolean);
  const certainty = reliability(found, state.answer);
  if (certainty) figures.push(h("div", { id: "reliability" }, certainty));
  byId("figures").replaceChildren(...(figures.length ? figures : [h("p", {}, "This model’s card holds none of these figures.")]));
});

/** Shows the figures of the model asked, with the present answer's place among them. */
export function start() {
  let near = false;
  const refresh = () => {
    if (!near || !state.answer) return;
    if (shown !== state.model) fill();
    else byId("reliability")?.replaceChildren(reliability(cardShown, state.answer) ?? "");
  };
  onAnswer(refresh);
  whenNear(byId("figures"), () => {
    near = true;
    refresh();
  });
}
