// What becomes of a class that is missing from the data, and how little the average shows of it.

import { h, percent } from "./dom.js";
import { figure, numbers, Plot, shares } from "./plot.js";

/** @import { Card, GroupRun } from "./openapi.js" */
/** @typedef {Omit<GroupRun, "recall" | "accuracy"> & {recall: number, accuracy: number}} MeasuredRun */

/** A run with both of its figures, or nothing. @param {GroupRun} run @returns {MeasuredRun[]} */
const measured = (run) =>
  run.recall.value === null || run.accuracy.value === null
    ? []
    : [{ ...run, recall: run.recall.value, accuracy: run.accuracy.value }];

/** Points of a plot. @param {MeasuredRun[]} runs @param {"recall" | "accuracy"} figure @returns {[number, number][]} */
const points = (runs, figure) => runs.map((run) => [run.share, run[figure]]);

/** @param {Card} card */
export function missingGroup(card) {
  const runs = card.quantitative_analyses.missing_group.flatMap(measured);
  if (!runs.length) return null;
  const groups = [...new Set(runs.map((run) => run.group))];
  const plots = groups.map((group) => {
    const mine = runs.filter((run) => run.group === group).sort((one, other) => other.share - one.share);
    const plain = mine.filter((run) => !run.repaired);
    const repaired = mine.filter((run) => run.repaired);
    const [full, least] = [plain[0], plain[plain.length - 1]];
    const summary = `With ${percent(least.share)} of the ${group}s left, the share of ${group}s recognised falls from ${percent(full.recall)} to ${percent(least.recall)}; accuracy over all classes only from ${percent(full.accuracy)} to ${percent(least.accuracy)}.`;
    const plot = new Plot(
      summary,
      {
        from: least.share,
        to: 1,
        log: true,
        ticks: shares(1, 0.5, 0.25, 0.1, 0.05, 0.01),
        title: `share of the ${group}s left to learn from`,
      },
      { from: 0, to: 1, ticks: shares(0, 0.25, 0.5, 0.75, 1), title: "recognised" },
    );
    for (const { share, recalls } of plain) {
      plot.dots(
        recalls.map((recall) => [share, recall]),
        "faint",
        2,
      );
    }
    plot.line(points(plain, "accuracy"), "second");
    plot.line(points(plain, "recall"), "first");
    plot.dots(points(plain, "recall"), "first");
    plot.dots(points(repaired, "recall"), "hollow", 4.5);
    plot.text(plot.x(least.share), plot.y(least.accuracy) - 9, "all classes", "start", "second");
    const third = plain[Math.min(2, plain.length - 1)];
    plot.text(plot.x(third.share) + 9, plot.y(third.recall) - 5, `${group}s`, "start", "first");
    return plot.element;
  });
  return figure(
    "The average hides who is missing",
    [
      h("div", { class: "pair" }, ...plots),
      h(
        "p",
        { class: "quiet" },
        "Each full point is the mean of the trainings drawn faintly beside it; hollow: what was left counted for as much as was taken away. It shows a mechanism. It measures no bias against people: no class is one of people.",
      ),
      numbers(
        ["class", "share left", "repaired", "recognised", "all classes"],
        runs.map((run) => [
          run.group,
          percent(run.share),
          run.repaired ? "yes" : "no",
          percent(run.recall),
          percent(run.accuracy),
        ]),
      ),
    ],
    "wide",
  );
}
