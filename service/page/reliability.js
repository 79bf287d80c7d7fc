// Whether "90 % sure" means right nine times in ten.

import { h, percent, thousands } from "./dom.js";
import { figure, numbers, Plot, shares } from "./plot.js";

/** @import { Bin, Card, Prediction } from "./openapi.js" */
/** @typedef {Bin & {confidence: number, accuracy: number}} FilledBin */

const FEW = 20;

/** A bin with something in it, or nothing. @param {Bin} bin @returns {FilledBin[]} */
const filledOnly = ({ confidence, accuracy, ...bin }) =>
  confidence === null || accuracy === null ? [] : [{ ...bin, confidence, accuracy }];

/** @param {Card} card @param {Prediction} answer the present one, whose bin is marked */
export function reliability(card, answer) {
  const { bins, ece } = card.quantitative_analyses.calibration;
  const filled = bins.flatMap(filledOnly);
  if (!filled.length) return null;
  const mine = filled.find((bin) => answer.probability > bin.lower && answer.probability <= bin.upper);
  /** @param {string} title */
  const axis = (title) => ({ from: 0, to: 1, ticks: shares(0, 0.25, 0.5, 0.75, 1), title });
  const plot = new Plot(
    "How often answers are right, by how sure the network is; below the dotted line it is too sure",
    axis("how sure it is"),
    axis("how often it is right"),
  );
  for (const bin of filled)
    plot.box([bin.lower + 0.004, 0], [bin.upper - 0.004, bin.accuracy], bin === mine ? "bin mine" : "bin");
  plot.line(
    [
      [0, 0],
      [1, 1],
    ],
    "ideal",
  );
  // A dot of a handful of images would say more than it knows.
  plot.dots(
    filled.filter((bin) => bin.count >= FEW).map((bin) => [bin.confidence, bin.accuracy]),
    "first",
    2.5,
  );
  const words = mine
    ? `This answer is ${percent(answer.probability)} sure. Of ${thousands(mine.count)} test images with answers about as sure, ${percent(mine.accuracy)} were right.`
    : "No test image got an answer as sure as this one.";
  return figure("Is it as right as it is sure?", [
    plot.element,
    h("p", {}, h("b", { class: "hurts" }, "■ "), words),
    h(
      "p",
      { class: "quiet" },
      `On the dotted line it would be exactly as right as it is sure. On average it is ${(100 * (ece.value ?? 0)).toFixed(0)} points off.`,
    ),
    numbers(
      ["sure, from", "to", "images", "right"],
      filled.map((bin) => [percent(bin.lower), percent(bin.upper), bin.count, percent(bin.accuracy)]),
    ),
  ]);
}
