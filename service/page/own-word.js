// Whether the network is right about a picture of one's own: only its user can say.

import { byId } from "./dom.js";
import { classButtons, onReveal } from "./guess.js";
import { addTry } from "./memory.js";

/** @import { View } from "./state.js" */

/** What was said of each picture, by its number; "" where it was not to be said. @type {Map<number, string>} */
const words = new Map();
/** @type {((view: View) => void)[]} */
const listeners = [];

/** What the user said that a picture shows. @param {View} view */
export const wordAbout = ({ subject }) => ("index" in subject ? undefined : words.get(subject.own ?? 0)) || undefined;

/** Calls back when the user has said it. @param {(view: View) => void} listener */
export function onWord(listener) {
  listeners.push(listener);
}

/** @param {View} view */
function count(view) {
  const { subject, model, answer } = view;
  const truth = wordAbout(view);
  if ("index" in subject || !subject.own || !truth) return;
  const { label, probability } = answer;
  const { name, version } = model;
  addTry({ model: name, version, source: "own", index: subject.own, truth, guess: null, answer: label, probability });
}

/** Asks after every answer about such a picture, once. */
export function start() {
  onReveal((view) => {
    const { subject, model } = view;
    const own = "index" in subject ? undefined : subject.own;
    byId("own-question").hidden = own === undefined || words.has(own);
    if (own === undefined) return;
    count(view);
    /** @param {string} word */
    const say = (word) => {
      words.set(own, word);
      byId("own-question").hidden = true;
      count(view);
      for (const listener of listeners) listener(view);
      byId("verdict").focus();
    };
    byId("own-classes").replaceChildren(classButtons(model.labels, say));
    byId("own-skip").onclick = () => say("");
  });
}
