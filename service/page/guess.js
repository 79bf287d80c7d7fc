// Guess first: the answer about a test image waits until somebody has said what the image shows.

import { part, replace, wrong } from "./address.js";
import { byId, h } from "./dom.js";
import { forget, NONE, onMemory, remembered, rememberGuessing } from "./memory.js";
import { onAnswer, state } from "./state.js";
import { lift, veil } from "./veil.js";

/** @import { Subject, View } from "./state.js" */

const WAITS = "This waits for your guess above, or it would give the answer away.";

/** By the address or by another part of the page, for this visit only. @type {boolean|null} */
let override = null;
/** Test images whose answer has been told in this visit: they can't be guessed any more. @type {Set<number>} */
const told = new Set();
/** What was guessed in this visit. @type {Map<number, string>} */
const guesses = new Map();
/** @type {((view: View) => void)[]} */
const revealed = [];

/** Whether guessing comes first; on a first visit it does. */
export const isGuessing = () => override ?? remembered().guessing ?? true;

/**
 * Switches guessing on or off. What is on show already stays so; what waits is shown when it is switched off.
 * @param {boolean|null} on null: as it is remembered
 * @param {{remember?: boolean, write?: boolean}} [options] remember: for later visits, too; write: into the address
 */
export function setGuessing(on, { remember = true, write = true } = {}) {
  override = remember ? null : on;
  if (remember && on !== null) rememberGuessing(on);
  settle();
  if (!isGuessing() && waiting()) reveal();
  if (write) replace();
}

/** Calls back when the answer on show may be told: at once, or after the guess. @param {(view: View) => void} listener */
export function onReveal(listener) {
  revealed.push(listener);
}

/** What somebody said that this is, before the answer was told. @param {Subject} subject */
export function guessOf(subject) {
  if (!("index" in subject)) return null;
  const { index } = subject;
  const kept = remembered().tries.find((each) => each.source === "test" && each.index === index && each.guess !== null);
  return guesses.get(index) ?? kept?.guess ?? null;
}

/** Whether a guess is awaited now. */
const waiting = () => !byId("guess").hidden;

/**
 * Buttons to say what a picture shows.
 * @param {readonly string[]} labels @param {(said: string) => void} choose
 */
export const classButtons = (labels, choose) =>
  h(
    "div",
    { class: "classes" },
    ...[...labels, NONE].map((label) => h("button", { type: "button", onclick: () => choose(label) }, label)),
  );

/** @param {View} view */
function ask({ subject, model }) {
  if (!("index" in subject)) return;
  const { index } = subject;
  veil(WAITS);
  byId("guess-question").textContent = `What does test image ${index} show?`;
  byId("guess-classes").replaceChildren(
    classButtons(model.labels, (said) => {
      guesses.set(index, said);
      reveal();
      byId("verdict").focus();
    }),
  );
  byId("guess").hidden = false;
}

function reveal() {
  const { view } = state;
  if (!view) return;
  if ("index" in view.subject) told.add(view.subject.index);
  byId("guess").hidden = true;
  lift();
  for (const listener of revealed) listener(view);
}

function settle() {
  byId("guess-first", HTMLInputElement).checked = isGuessing();
}

/** Makes the switch and the guesses work. It is the last part to be started: it tells the others when to tell. */
export function start() {
  part(["guess"], {
    write: () => ({ guess: override === null ? undefined : override ? "yes" : "no" }),
    read: (given) => {
      const asked = given.get("guess");
      if (state.view || asked === null) return; // the switch is not turned by going back
      if (asked === "yes" || asked === "no") override = asked === "yes";
      else wrong("guess", asked, "it is yes or no", `guessing first is ${isGuessing() ? "on" : "off"}`);
      settle();
    },
  });
  const box = byId("guess-first", HTMLInputElement);
  box.addEventListener("change", () => setGuessing(box.checked));
  byId("no-guess").addEventListener("click", () => {
    reveal();
    byId("verdict").focus();
  });
  byId("forget").addEventListener("click", () => {
    guesses.clear();
    override = null;
    forget();
    settle();
    replace();
  });
  onMemory(settle);
  settle();
  onAnswer((view) => {
    const { subject, how, answer } = view;
    const open = !("index" in subject) || how === "known" || !answer.truth || told.has(subject.index);
    if (isGuessing() && !open && guessOf(subject) === null) ask(view);
    else reveal();
  });
}
