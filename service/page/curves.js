// How it learnt: loss and accuracy by epoch, with the overfitting marked.

import { h } from "./dom.js";
import { figure, numbers, Plot, shares } from "./plot.js";

/** @import { Card, Epoch } from "./openapi.js" */
/** @typedef {Exclude<keyof Epoch, "epoch">} Measure */

/** @param {Card} card */
export function curves(card) {
  const { learning_curve: epochs, overfitting } = card.quantitative_analyses;
  if (!epochs.length) return null;
  const last = epochs.length;
  const best = epochs.reduce((one, other) => (other.val_loss < one.val_loss ? other : one));
  const most = Math.max(...epochs.map((epoch) => Math.max(epoch.loss, epoch.val_loss)));
  const x = {
    from: 1,
    to: last,
    ticks: epochs.map(({ epoch }) => ({ value: epoch, text: String(epoch) })),
    title: "epoch",
  };
  /** @param {Measure} name @returns {[number, number][]} */
  const series = (name) => epochs.map((epoch) => [epoch.epoch, epoch[name]]);

  const loss = new Plot(`Loss by epoch. ${overfitting}`, x, {
    from: 0,
    to: Math.ceil(2 * most) / 2,
    ticks: [0, 0.5, 1, 1.5, 2]
      .filter((value) => value <= most + 0.2)
      .map((value) => ({ value, text: value.toFixed(1) })),
    title: "loss",
  });
  const accuracy = new Plot("Accuracy by epoch, on the training and on the validation images", x, {
    from: 0.3,
    to: 0.9,
    ticks: shares(0.4, 0.6, 0.8),
    title: "right",
  });
  /** @type {[Plot, Measure, Measure][]} */
  const pairs = [
    [loss, "loss", "val_loss"],
    [accuracy, "accuracy", "val_accuracy"],
  ];
  for (const [plot, train, validation] of pairs) {
    // It is the loss that says so: the accuracy may still rise.
    if (plot === loss && best.epoch < last) {
      plot.shade(best.epoch, last, "overfitting");
    }
    plot.line(series(train), "second");
    plot.line(series(validation), "first");
    plot.dots(series(validation), "first", 2.5);
    const final = epochs[last - 1];
    const below = final[train] < final[validation];
    plot.text(plot.x(last) - 4, plot.y(final[train]) + (below ? 16 : -8), "training", "end", "second");
    plot.text(plot.x(last) - 4, plot.y(final[validation]) + (below ? -8 : 18), "validation", "end", "first");
  }
  return figure(
    "It learnt its own pictures better than the world",
    [
      h("div", { class: "pair" }, loss.element, accuracy.element),
      h("p", { class: "quiet" }, overfitting),
      numbers(
        ["epoch", "training loss", "validation loss", "training accuracy", "validation accuracy"],
        epochs.map((epoch) => [
          epoch.epoch,
          ...[epoch.loss, epoch.val_loss, epoch.accuracy, epoch.val_accuracy].map((value) => value.toFixed(3)),
        ]),
      ),
    ],
    "wide",
  );
}
