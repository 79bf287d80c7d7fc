// The card's figures, together: fetched with the first of them, as few who open the page get so far. If these scripts did
// not come at once they run under other addresses, so that only what has no state is imported by them.

import { confusion } from "./confusion.js";
import { curves } from "./curves.js";
import { h, percent } from "./dom.js";
import { missingGroup } from "./missing-group.js";
import { figure, numbers } from "./plot.js";

/** @import { Shared } from "./confusion.js" */
/** @import { Card, OfferedModel } from "./openapi.js" */

export { reliability } from "./reliability.js";

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

/** Those that the card has the numbers for. @param {Card} card @param {OfferedModel} model @param {Shared} shared */
export const figures = (card, model, shared) =>
  [curves(card), missingGroup(card), confusion(card, model, shared), classes(card)].filter((made) => made !== null);
