// A human face, shown to a network that has no word for it.

import { portrait, predict } from "./api.js";
import { Bars } from "./bars.js";
import { byId, h, percent, whenNear } from "./dom.js";
import { keepTrying } from "./images.js";
import { outdate, update } from "./outdated.js";
import { onAnswer, state } from "./state.js";
import { latest } from "./task.js";

/** @import { OfferedModel } from "./openapi.js" */

const bars = new Bars("Probability of each class, for the portrait");
/** @type {OfferedModel|null} */
let asked = null;

const look = latest(async (signal) => {
  if (!state.view) return;
  const { model } = state.view;
  const blob = await portrait(signal);
  const answer = await predict({ blob, name: "portrait.jpg" }, { model: model.name, version: model.version }, signal);
  asked = model;
  byId("portrait-verdict").replaceChildren(
    "Asked just now, it calls her ",
    h("strong", {}, answer.label),
    `, at ${percent(answer.probability)}.`,
  );
  bars.show(answer, { threshold: model.threshold });
  update("portrait-verdict", "portrait-bars");
});

/** Asks the live service once this part comes into view, and again when the model changes. */
export function start() {
  let near = false;
  byId("portrait-bars").append(bars.element);
  keepTrying(byId("portrait-picture", HTMLImageElement), portrait);
  const refresh = () => {
    if (!near || !state.view || asked === state.view.model) return;
    outdate("portrait-verdict", "portrait-bars");
    look();
  };
  onAnswer(refresh);
  whenNear(byId("portrait-bars"), () => {
    near = true;
    refresh();
  });
}
