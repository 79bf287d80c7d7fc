// The card's figures, fetched when they come into view.

import { Away, card } from "./api.js";
import { allAnswers, go } from "./browse.js";
import { byId, h, whenNear } from "./dom.js";
import { onReveal } from "./guess.js";
import { showTestImage } from "./images.js";
import { onAnswer, state } from "./state.js";
import { latest } from "./task.js";
import { isVeiled } from "./veil.js";

/** @import { Card, OfferedModel } from "./openapi.js" */

/** @typedef {typeof import("./figures.js")} Figures */

// Scripts that are fetched by an address of their own can't share what there is only one of on a page.
const SHARED = { allAnswers, go, latest, showTestImage };

/** How often the scripts that draw did not come: browsers keep an import that failed as failed, so each try has addresses of its own. */
let failures = 0;
/** @type {{model: OfferedModel, card: Card, reliability: Figures["reliability"]}|null} */
let shown = null;

/** @returns {Promise<Figures>} */
const drawing = () =>
  import(failures ? `./again-${failures}/figures.js` : "./figures.js").catch(() => {
    failures += 1;
    throw new Away("The service is away.");
  });

const fill = latest(async (signal) => {
  if (!state.view) return;
  const { model, answer } = state.view;
  const [found, { figures, reliability }] = await Promise.all([card(model, signal), drawing()]);
  if (signal.aborted) return;
  shown = { model, card: found, reliability };
  byId("card-link", HTMLAnchorElement).href =
    `model-card?model=${encodeURIComponent(model.name)}&version=${model.version}`;
  const made = figures(found, model, SHARED);
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
    else document.getElementById("reliability")?.replaceChildren(shown.reliability(shown.card, answer) ?? "");
  };
  onAnswer(refresh);
  onReveal(refresh);
  whenNear(byId("figures"), () => {
    near = true;
    refresh();
  });
}
