// Probabilities as bars: a table for those who read it, lengths for those who look.

import { h, percent } from "./dom.js";

/** @import { Prediction } from "./openapi.js" */

// A softmax is never quite 0; what the service rounds to that is shown as very little.
const LEAST = 1e-6;

/** A table of bars that move when the answer changes. */
export class Bars {
  /** @param {string} caption what the bars are of, for those who don't see them */
  constructor(caption) {
    this.body = h("tbody");
    this.mark = h("span", { class: "threshold", "aria-hidden": "true" });
    this.table = h(
      "table",
      { class: "bars" },
      h("caption", { class: "hidden" }, caption),
      h("colgroup", {}, h("col", { class: "names" }), h("col"), h("col", { class: "values" })),
      this.body,
    );
    this.element = h("div", { class: "bars-frame" }, this.table, this.mark);
    /** @type {Map<string, Record<"row" | "bar" | "ghost" | "value" | "tag", HTMLElement>>} */
    this.rows = new Map();
  }

  /** @param {string} label */
  row(label) {
    const found = this.rows.get(label);
    if (found) return found;
    const bar = h("i", { class: "bar" });
    const ghost = h("i", { class: "ghost" });
    const value = h("td", { class: "value" });
    const tag = h("span", { class: "truth" });
    const row = h(
      "tr",
      {},
      h("th", { scope: "row" }, label, tag),
      h("td", { class: "track", "aria-hidden": "true" }, bar, ghost),
      value,
    );
    const made = { row, bar, ghost, value, tag };
    this.rows.set(label, made);
    return made;
  }

  /**
   * @param {Prediction} answer
   * @param {{threshold?: number|null, before?: Prediction|null, most?: number}} [options] before: an answer to mark for comparison;
   *   most: show only this many, the likeliest
   */
  show(answer, { threshold, before, most } = {}) {
    let shown = Object.entries(answer.probabilities);
    if (most) shown = shown.sort((one, other) => other[1] - one[1]).slice(0, most);
    this.body.replaceChildren(
      ...shown.map(([label, probability]) => {
        const { row, bar, ghost, value, tag } = this.row(label);
        const isTruth = answer.truth?.label === label;
        row.className = label === answer.label ? "said" : "";
        tag.textContent = isTruth ? "truth" : "";
        bar.style.width = `${100 * probability}%`;
        ghost.hidden = !before;
        if (before) ghost.style.left = `${100 * before.probabilities[label]}%`;
        value.textContent = percent(Math.max(probability, LEAST));
        return row;
      }),
    );
    this.mark.hidden = threshold === null || threshold === undefined;
    if (!this.mark.hidden) {
      this.element.style.setProperty("--threshold", String(threshold));
      this.mark.dataset.text = `confident from ${percent(threshold ?? 0)}`;
    }
  }
}
