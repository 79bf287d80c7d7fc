// The answer in words: what it says, whether that is right, and what to beware of.

import { onAddress, search } from "./address.js";
import { Bars } from "./bars.js";
import { a, byId, h, percent } from "./dom.js";
import { guessOf, onReveal } from "./guess.js";
import { onWord, wordAbout } from "./own-word.js";
import { onAnswer, state } from "./state.js";

/** @import { Prediction } from "./openapi.js" */
/** @import { View } from "./state.js" */

const LONG_MS = 4000;
/** With fewer images a share says next to nothing. */
const FEW = 10;

/** Whether the answer is right. @param {Prediction} answer */
export function judgement(answer) {
  if (!answer.truth) return h("span", { class: "judgement" }, "Only you know what it is.");
  return answer.truth.correct
    ? h("span", { class: "judgement right" }, `✓ Right: it is ${a(answer.truth.label)}.`)
    : h("span", { class: "judgement wrong" }, `✗ Wrong: it is ${a(answer.truth.label)}.`);
}

/** What the user has said of it. @param {View} view */
function yours(view) {
  const { answer, subject, how } = view;
  const word = wordAbout(view);
  if (word) return verdictOn(word === answer.label, `By your word it is ${word}.`);
  const guess = guessOf(subject);
  if (!guess || !answer.truth) return null;
  const said = verdictOn(guess === answer.truth.label, `You said ${guess}.`);
  if (how === "picked") said.append(h("small", {}, " Not counted: the picture was picked for the network’s answer."));
  return said;
}

/** @param {boolean} right @param {string} words */
const verdictOn = (right, words) =>
  h(
    "p",
    { class: "judged yours" },
    h("span", { class: right ? "right" : "wrong" }, right ? "✓ Right. " : "✗ Wrong. "),
    words,
  );

/** A caveat; what the service says of query parameters, the page says of its controls. @param {Prediction["caveats"][number]} caveat */
const inWords = ({ text }) =>
  text.replace("(?fit=stretch: all)", "(choose “all of it, squeezed” to have all of it looked at)");

/** How sure it is, and what that has been worth. @param {Prediction} answer */
function confidence({ probability, calibrated_probability: calibrated, label, track_record: record }) {
  const sure = `It is ${percent(probability)} sure${calibrated === null ? "" : `; corrected by how often it was right on other images, that is calibrated, ${percent(calibrated)}`}.`;
  if (!record) return sure;
  const before = `When it was ${percent(record.lower)} to ${percent(record.upper)} sure of ${a(label)} before, it was right ${percent(record.precision)} of the time`;
  const few = (record.n ?? 0) < FEW ? ": too few to tell" : "";
  return `${sure} ${before} (${record.n} validation image${record.n === 1 ? "" : "s"}${few}).`;
}

/** @param {View} view */
function tell(view) {
  const { answer } = view;
  byId("verdict").replaceChildren(
    h("p", { class: "says" }, "It says ", h("strong", {}, answer.label), "."),
    h("p", { class: "judged" }, judgement(answer)),
    yours(view) ?? "",
    h("p", { class: "sureness" }, confidence(answer)),
  );
}

/** Says so calmly where the first answer takes its time. */
function wait() {
  const timer = setTimeout(() => {
    const words = "The connection is slow, or many are asking. It comes by itself.";
    byId("verdict").replaceChildren(h("p", { class: "says" }, "Still asking …"), h("p", { class: "quiet" }, words));
  }, LONG_MS);
  onAnswer(() => clearTimeout(timer));
}

/** Writes it all down after every answer. */
export function start() {
  const bars = new Bars("Probability of each class");
  byId("bars").append(bars.element);
  wait();
  onReveal((view) => {
    const { answer, model } = view;
    tell(view);
    bars.show(answer, { threshold: model.threshold });
    byId("caveats").replaceChildren(...answer.caveats.map((caveat) => h("li", {}, inWords(caveat))));
  });
  onWord(tell);
  onAnswer(({ model: { accuracy, name, default: first } }) => {
    const often = accuracy ? `${percent(accuracy.value)} of the time` : "some of the time";
    byId("accuracy").textContent = first ? often : `${often} (the model ${name})`;
  });
  onAddress(() => {
    if (!state.view) return;
    byId("link").replaceChildren(
      ...("index" in state.view.subject
        ? ["This view: ", h("a", { href: search() }, search())]
        : ["A picture of your own has no address, as it is not kept."]),
    );
  });
}
