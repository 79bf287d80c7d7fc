// What becomes of a class that is missing from the data, and how little the average shows of it.

import { h, percent } from "./dom.js";
import { Plot, figure, numbers, shares } from "./plot.js";

/** @param {any} card */
export function missing(card) {
  const runs = card.quantitative_analyses.missing_group;
  if (!runs.length) return null;
  const groups = [...new Set(runs.map((/** @type {any} */ run) => run.group))];
  const plots = groups.map((group) => {
    const mine = runs.filter((/** @type {any} */ run) => run.group === group).sort((/** @type {any} */ one, /** @type {any} */ other) => other.share - one.share);
    const plain = mine.filter((/** @type {any} */ run) => !run.repaired);
    const repaired = mine.filter((/** @type {any} */ run) => run.repaired);
    const [full, least] = [plain[0], plain[plain.length - 1]];
    const summary = `With ${percent(least.share)} of the ${group}s left, the share of ${group}s recognised falls from ${percent(full.recall.value)} to ${percent(least.recall.value)}; accuracy over all classes only from ${percent(full.accuracy.value)} to ${percent(least.accuracy.value)}.`;
    const plot = new Plot(summary,
      { from: 1, to: least.share, log: true, ticks: shares(1, 0.5, 0.25, 0.1, 0.05, 0.01), title: `share of the ${group}s left to learn from` },
      { from: 0, to: 1, ticks: shares(0, 0.25, 0.5, 0.75, 1), title: "recognised" });
    plot.dots(plain.flatMap((/** @type {any} */ run) => run.recalls.map((/** @type {number} */ recall) => [run.share, recall])), "faint", 2);
    plot.line(plain.map((/** @type {any} */ run) => [run.share, run.accuracy.value]), "second");
    plot.line(plain.map((/** @type {any} */ run) => [run.share, run.recall.value]), "first");
    plot.dots(plain.map((/** @type {any} */ run) => [run.share, run.recall.value]), "first");
    plot.dots(repaired.map((/** @type {any} */ run) => [run.share, run.recall.value]), "hollow", 4.5);
    plot.text(plot.x(least.share), plot.y(least.accuracy.value) - 9, "all classes", "end", "second");
    const third = plain[Math.min(2, plain.length - 1)];
    plot.text(plot.x(third.share) + 9, plot.y(third.recall.value) - 5, `${group}s`, "start", "first");
    return plot.element;
  });
  return figure("The average hides who is missing", [
    h("div", { class: "pair" }, ...plots),
    h("p", { class: "quiet" }, "Each point is the mean of three trainings or more; hollow: what was left counted for as much as was taken away. It shows a mechanism. It measures no bias against people: the data has no people."),
    numbers(["class", "share left", "repaired", "recognised", "all classes"], runs.map((/** @type {any} */ run) => [run.group, percent(run.share), run.repaired ? "yes" : "no", percent(run.recall.value), percent(run.accuracy.value)])),
  ], "wide");
}
