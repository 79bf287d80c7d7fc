// The card's figures, fetched when they come into view.

import { card } from "./api.js";
import { byId, h, whenNear } from "./dom.js";
import { figures, reliability } from "./figures.js";
import { onReveal } from "./guess.js";
import { onAnswer, state } from "./state.js";
import { latest } from "./task.js";
import { isVeiled } from "./veil.js";

/** @import { Card, OfferedModel } from "./openapi.js" */

/** @type {{model: OfferedModel, card: Card}|null} */
let shown = null;

const fill = latest(async (signal) => {
  if (!state.view) return;
  const { model, answer } = state.view;
  const found = await card(model, signal);
  if (signal.aborted) return;
  shown = { model, card: found };
  byId("card-link", HTMLAnchorElement).href =
    `model-card?model=${encodeURIComponent(model.name)}&version=${model.version}`;
  const made = figures(found, model);
  const certainty = reliability(found, answer);
  if (certainty) made.push(h("div", { id: "reliability", "data-veil": "silent", hidden: isVeiled() }, certainty));
  byId("figures").replaceChildren(
    ...(made.length ? made : [h("p", {}, "This model’s card holds none of these figures.")]),
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
