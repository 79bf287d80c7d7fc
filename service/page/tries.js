// You against the network, on the same pictures, and how little that proves.

import { byId, h, percent, thousands } from "./dom.js";
import { guessOf, isGuessing, onReveal } from "./guess.js";
import { addTry, onMemory, remembered } from "./memory.js";
import { state } from "./state.js";
import { needed, signTest, wilson } from "./stats.js";
import { csv, save } from "./tries-csv.js";
import { strip } from "./tries-strip.js";

/** @import { Try } from "./memory.js" */
/** @import { OfferedModel } from "./openapi.js" */
/** @import { View } from "./state.js" */

const EMPTY = byId("tries-text").textContent ?? "";

/** Test images that must not count in this visit: picked for their answer, or shown without a guess. @type {Set<number>} */
const out = new Set();

/** @param {string} name @param {string} figure @param {number} share @param {{lower: number, upper: number}} interval @param {string} kind */
function row(name, figure, share, { lower, upper }, kind) {
  const range = h("i", { class: "range" });
  range.style.left = `${100 * lower}%`;
  range.style.width = `${100 * (upper - lower)}%`;
  const dot = h("i", { class: "dot" });
  dot.style.left = `${100 * share}%`;
  return h(
    "div",
    { class: `interval ${kind}` },
    h("span", { class: "name" }, name),
    h("span", { class: "axis", "aria-hidden": "true" }, range, dot),
    h("span", { class: "figure" }, figure, h("small", {}, `${percent(lower)} to ${percent(upper)}`)),
  );
}

const networkRight = (/** @type {Try} */ { answer, truth }) => answer === truth;
const youRight = (/** @type {Try} */ { guess, truth }) => guess === truth;

/** A row about tries, where there are any. @param {string} name @param {readonly Try[]} tries @param {(attempt: Try) => boolean} isRight @param {string} kind */
function counted(name, tries, isRight, kind) {
  const n = tries.length;
  const right = tries.filter(isRight).length;
  return n ? [row(name, `${right} of ${n}`, right / n, wilson(right, n), kind)] : [];
}

/** Who of the two is better, if that can be told. @param {readonly Try[]} guessed */
function duel(guessed) {
  if (!guessed.length) return "";
  const you = guessed.filter((each) => youRight(each) && !networkRight(each)).length;
  const it = guessed.filter((each) => networkRight(each) && !youRight(each)).length;
  if (!you && !it) return "You and the network were right about the very same pictures. ";
  const chance =
    signTest(you, it) > 0.05
      ? "two who are equally good differ by so much easily"
      : "two who are equally good seldom differ by so much";
  return `You alone were right ${you} ${you === 1 ? "time" : "times"}, the network alone ${it} ${it === 1 ? "time" : "times"}: ${chance}. `;
}

/** What the network's tries say beside its card. @param {readonly Try[]} tries @param {OfferedModel} model */
function besideTheCard(tries, { accuracy }) {
  if (!tries.length) return "";
  const right = tries.filter(networkRight).length;
  const mine = wilson(right, tries.length);
  const sentence = `The network was right ${right} of ${tries.length} times. That fits one that is right ${percent(mine.lower)} of the time as well as one that is right ${percent(mine.upper)} of the time. `;
  if (!accuracy) return sentence;
  const fits = accuracy.value >= mine.lower && accuracy.value <= mine.upper;
  return (
    sentence +
    `The card’s figure, from ${thousands(accuracy.n ?? 0)} images, ${fits ? "lies in between" : "lies outside: that happens by chance one time in twenty, and more often to who looks after every try"}. ` +
    `To be sure to one point either way you would need about ${thousands(needed(accuracy.value, 0.01))} tries. `
  );
}

function show() {
  const { view } = state;
  const all = remembered().tries;
  byId("csv").hidden = !all.length;
  byId("forget").hidden = !all.length && remembered().guessing === null;
  if (!view) return;
  const { model } = view;
  const tries = all.filter((each) => each.model === model.name && each.version === model.version);
  const tests = tries.filter(({ source }) => source === "test");
  const own = tries.filter(({ source }) => source === "own");
  const guessed = tests.filter(({ guess }) => guess !== null);
  const unguessed = tests.filter(({ guess }) => guess === null);
  const words =
    duel(guessed) +
    besideTheCard(tests, model) +
    (own.length
      ? "Your own pictures are judged by your word alone, and stand apart: the card’s figure holds for pictures like the test images, not for these."
      : "");
  byId("tries-text").textContent = words || EMPTY;
  const { accuracy } = model;
  byId("intervals").replaceChildren(
    ...counted("You", guessed, youRight, "you"),
    ...counted("The network, on the same pictures", guessed, networkRight, "network"),
    ...counted("The network, where you did not guess", unguessed, networkRight, "unguessed"),
    ...(accuracy?.ci
      ? [
          row(
            "The card",
            `${percent(accuracy.value)} of ${thousands(accuracy.n ?? 0)}`,
            accuracy.value,
            accuracy.ci,
            "card",
          ),
        ]
      : []),
    ...counted("The network, on your own pictures, by your word", own, networkRight, "own-tries"),
    h(
      "div",
      { class: "ticks", "aria-hidden": "true" },
      h("span", {}, "0 %"),
      h("span", {}, "50 %"),
      h("span", {}, "100 %"),
    ),
  );
  strip(tries);
}

/** Remembers what counts. @param {View} view */
function count(view) {
  const { subject, model, answer, how } = view;
  if (!("index" in subject) || !answer.truth) return;
  const { index } = subject;
  const guess = guessOf(subject);
  if (how === "picked" || how === "known" || (guess === null && isGuessing())) out.add(index);
  if (out.has(index) || (guess === null && how !== "chosen")) return;
  const { label, probability, truth } = answer;
  const { name, version } = model;
  addTry({ model: name, version, source: "test", index, truth: truth.label, guess, answer: label, probability });
}

/** Counts after every answer that is told. */
export function start() {
  onReveal((view) => {
    count(view);
    show();
  });
  onMemory(show);
  show();
  byId("csv").addEventListener("click", () => save(csv(remembered().tries), "tries.csv"));
}
