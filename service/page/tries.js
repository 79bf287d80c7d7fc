// How often the network was right before your eyes, and how little that proves.

import { byId, h, percent, thousands } from "./dom.js";
import { onAnswer, state } from "./state.js";
import { needed, wilson } from "./stats.js";

/** @import { OfferedModel } from "./openapi.js" */

/** For each model, by its name and version: the test images tried, and whether it was right. @type {Map<string, Map<number, boolean>>} */
const tried = new Map();

/** @param {OfferedModel} model */
function outcomesOf({ name, version }) {
  const key = `${name} ${version}`;
  /** @type {Map<number, boolean>} */
  const outcomes = tried.get(key) ?? new Map();
  tried.set(key, outcomes);
  return outcomes;
}

/** @param {string} name @param {string} figure @param {number} share @param {{lower: number, upper: number}} interval @param {string} kind */
function row(name, figure, share, { lower, upper }, kind) {
  const range = h("i", { class: "range" });
  range.style.left = `${100 * lower}%`;
  range.style.width = `${100 * (upper - lower)}%`;
  const dot = h("i", { class: "dot" });
  dot.style.left = `${100 * share}%`;
  return h(
    "div",
    { class: `interval ${kind}` },
    h("span", { class: "name" }, name),
    h("span", { class: "axis", "aria-hidden": "true" }, range, dot),
    h("span", { class: "figure" }, figure, h("small", {}, `${percent(lower)} to ${percent(upper)}`)),
  );
}

/** @param {OfferedModel} model */
function show(model) {
  const outcomes = [...outcomesOf(model).values()];
  const n = outcomes.length;
  const right = outcomes.filter(Boolean).length;
  const { accuracy } = model;
  const rows = [];
  const text = byId("tries-text");
  if (!n) {
    text.textContent = "Look at some test images: whether the network is right about them is counted here.";
  } else {
    const mine = wilson(right, n);
    rows.push(row("Your tries", `${right} of ${n}`, right / n, mine, "mine"));
    const fits = accuracy && accuracy.value >= mine.lower && accuracy.value <= mine.upper;
    const sentence = `Right ${right} of ${n} times. That fits a network that is right ${percent(mine.lower)} of the time as well as one that is right ${percent(mine.upper)} of the time. `;
    text.textContent =
      sentence +
      (accuracy
        ? `The card’s figure, from ${thousands(accuracy.n ?? 0)} images, ${fits ? "lies in between" : "lies outside: one time in twenty that happens by chance"}. ` +
          `To be sure to one point either way you would need about ${thousands(needed(accuracy.value, 0.01))} tries.`
        : "");
  }
  if (accuracy?.ci) {
    rows.push(
      row(
        "The card",
        `${percent(accuracy.value)} of ${thousands(accuracy.n ?? 0)}`,
        accuracy.value,
        accuracy.ci,
        "card",
      ),
    );
  }
  byId("intervals").replaceChildren(
    ...rows,
    h(
      "div",
      { class: "ticks", "aria-hidden": "true" },
      h("span", {}, "0 %"),
      h("span", {}, "50 %"),
      h("span", {}, "100 %"),
    ),
  );
}

/** Counts after every answer. */
export function start() {
  onAnswer(({ subject, model, answer, how }) => {
    if ("index" in subject && how !== "picked" && answer.truth)
      outcomesOf(model).set(subject.index, answer.truth.correct);
    show(model);
  });
  byId("reset-tries").addEventListener("click", () => {
    if (!state.view) return;
    outcomesOf(state.view.model).clear();
    show(state.view.model);
  });
}
