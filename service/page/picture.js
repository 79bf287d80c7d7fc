// The picture as it was given, and as the model saw it.

import { byId, h } from "./dom.js";
import { onReveal } from "./guess.js";
import { showTestImage } from "./images.js";
import { outdate, update } from "./outdated.js";
import { onAnswer } from "./state.js";

/** @import { View } from "./state.js" */

let address = "";

/** The picture as given: a test image at its real size, for that is all there is; another as large as fits. @param {View} view */
function showGiven({ subject, answer }) {
  const img = h("img", { class: "index" in subject ? "real" : "whole" });
  if (address) URL.revokeObjectURL(address);
  address = "";
  if ("index" in subject) {
    img.alt = `Test image ${subject.index}`;
    showTestImage(img, subject.index);
    byId("given-caption").textContent = `Test image ${subject.index}, at its real size`;
    byId("given").replaceChildren(img);
    return;
  }
  address = URL.createObjectURL(subject.blob);
  img.src = address;
  img.alt = "Your picture";
  // Where the browser can't show what the service can read, its name has to do.
  img.addEventListener("error", () => byId("given").replaceChildren(h("p", { class: "quiet" }, subject.name)));
  const { width, height, fit } = answer.input;
  byId("given-caption").textContent = `Your picture, ${width} × ${height} pixels`;
  byId("given").replaceChildren(img, ...(fit === "crop" && width !== height ? [cut(width, height)] : []));
}

/** The outline of the middle square. @param {number} width @param {number} height */
function cut(width, height) {
  const side = (100 * Math.min(width, height)) / Math.max(width, height);
  const box = h("i", { class: "cut" });
  box.style.width = box.style.height = `${side}%`;
  return box;
}

/** Shows the very pixels that the model saw of a picture of one's own. @param {string} source a data URL */
export function showSeen(source) {
  const alt = "What the model sees: your picture, enlarged so that its 32 × 32 pixels show";
  byId("seen").replaceChildren(h("img", { class: "pixels", src: source, alt }));
  update("seen");
}

/** Shows both after every answer; what was seen of a picture of one's own comes with its explanation. */
export function start() {
  onAnswer((view) => {
    showGiven(view);
    if (!("index" in view.subject)) return outdate("seen");
    const img = h("img", {
      class: "pixels",
      alt: "What the model sees: the test image, enlarged so that its 32 × 32 pixels show",
    });
    showTestImage(img, view.subject.index);
    byId("seen").replaceChildren(img);
    update("seen");
  });
  onReveal(({ subject, answer }) => {
    const img = byId("given").querySelector("img");
    if (img && "index" in subject && answer.truth) img.alt = `Test image ${subject.index}: ${answer.truth.label}`;
  });
}
