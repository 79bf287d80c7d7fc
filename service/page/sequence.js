// A seminar hour in eight steps: one is open at a time, stands in the address, and sets up what it is about.

import { part, push, replace, wholeNumber } from "./address.js";
import { goTo } from "./anchor.js";
import { card, predictAll } from "./api.js";
import { byId, h } from "./dom.js";
import { isGuessing, setGuessing } from "./guess.js";
import { key } from "./keys.js";
import { ask, onAnswer, RESTORED, state } from "./state.js";
import { STEPS } from "./steps.js";
import { latest } from "./task.js";

/** @import { Live, Preset } from "./steps.js" */

const panel = byId("sequence");
/** The step that is open, from 1; 0: none. */
let open = 0;
let noted = false;

/** @returns {Live} */
function live() {
  const first = state.models.find((model) => model.default) ?? state.models[0];
  return {
    models: state.models,
    first,
    card: () => card(first),
    predict: (indices) => predictAll(indices, { model: first.name, version: first.version, top: 1 }),
  };
}

/** @param {Preset} preset @param {boolean} opening */
function set({ index, model, noise = 0, guessing = false }, opening) {
  // The address is written once, when all of the step is on show: one entry in the history for each.
  if (index !== undefined || model)
    ask(
      {
        ...(index === undefined ? {} : { subject: { index } }),
        ...(model ? { model } : {}),
        fit: "crop",
        how: guessing && isGuessing() ? "chosen" : "picked",
      },
      opening ? { move: RESTORED } : {},
    );
  else if (opening) replace();
  else push();
  const slider = byId("spoil-noise", HTMLInputElement);
  if (Number(slider.value) !== noise) {
    slider.value = String(noise);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Whether a step has everybody guess. @param {boolean|undefined} on */
const guessBy = (on) => setGuessing(on ?? false, { remember: false, write: false });

/** opening: what the address that asks for the step says of guessing, and that it asks, so that it has its entry already. */
const prepare = latest(async (signal, /** @type {number} */ number, /** @type {{guess: boolean}|null} */ opening) => {
  const obeyed = opening?.guess;
  // Before it is known which picture: what is on show must not ask for a guess that nobody wants.
  if (!obeyed) guessBy(number === 1);
  const preset = await STEPS[number - 1].preset(live());
  if (signal.aborted || open !== number) return;
  if (!obeyed) guessBy(preset.guessing);
  set(preset, opening !== null);
});

const fillNotes = latest(async (signal) => {
  if (!open || !noted) return;
  const paragraphs = await STEPS[open - 1].notes(live());
  if (signal.aborted) return;
  byId("step-notes").replaceChildren(
    h("h3", {}, "For whoever leads the hour"),
    ...paragraphs.map((each) => (typeof each === "string" ? h("p", {}, each) : each)),
  );
});

const button = (
  /** @type {string} */ text,
  /** @type {() => void} */ onclick,
  /** @type {boolean} */ disabled = false,
) => h("button", { type: "button", onclick, disabled }, text);

function draw() {
  panel.hidden = !open;
  document.body.dataset.step = String(open);
  document.body.classList.toggle("in-sequence", open > 0);
  if (!open) return;
  const { title, minutes, question, task, place } = STEPS[open - 1];
  panel.replaceChildren(
    h("p", { class: "step-of" }, `Step ${open} of ${STEPS.length} · ${minutes} minutes · ${title}`),
    h("p", { class: "step-question", tabIndex: -1, id: "step-question" }, question),
    h("p", { class: "step-task" }, task, " ", h("a", { href: `#${place}` }, "Go there")),
    h(
      "p",
      { class: "buttons" },
      button("Back", () => go(open - 1), open === 1),
      button("Next", () => go(open + 1), open === STEPS.length),
      button(noted ? "Hide the notes" : "Notes", toggleNotes),
      button("Close", () => go(0)),
    ),
    h("div", { id: "step-notes", class: "step-notes", hidden: !noted, "aria-live": "polite" }),
  );
  fillNotes();
}

function toggleNotes() {
  if (!open) return;
  noted = !noted;
  draw();
}

/** To what a step works with; where its question would not stay in sight, to the question. @param {number} number */
function lead(number) {
  const stays = getComputedStyle(panel).position === "sticky" || document.body.classList.contains("presenting");
  goTo(stays ? STEPS[number - 1].place : "sequence");
}

/** @param {number} number of the step; 0 closes the sequence */
function go(number) {
  if (number < 0 || number > STEPS.length || number === open) return;
  open = number;
  draw();
  if (!open) {
    setGuessing(null, { remember: false, write: false });
    push();
    return;
  }
  prepare(number, null);
  byId("step-question").focus({ preventScroll: true });
  lead(number);
}

/** Makes the sequence work. */
export function start() {
  // It stays in sight, and what one goes to must not end up behind it.
  new ResizeObserver(() => document.documentElement.style.setProperty("--panel", `${panel.offsetHeight}px`)).observe(
    panel,
  );
  part(["step"], {
    write: () => ({ step: open || undefined }),
    read: (given) => {
      const number = wholeNumber(given, "step", {
        min: 1,
        max: STEPS.length,
        fallback: 0,
        what: "steps",
        instead: "none is open",
      });
      if (number === open) return;
      open = number;
      draw();
      if (!number) return;
      lead(number);
      // A link to a step sets it up; an address that names a picture too shows that.
      if (!given.has("index")) prepare(number, { guess: ["yes", "no"].includes(given.get("guess") ?? "") });
    },
  });
  byId("hour").addEventListener("click", (event) => {
    event.preventDefault();
    go(1);
  });
  const inSequence = () => open > 0;
  key("n", "next step of the seminar hour", () => go(open + 1), { also: ["PageDown"], when: inSequence });
  key("p", "the step before", () => go(open - 1), { also: ["PageUp"], when: inSequence });
  key("l", "notes for whoever leads the hour", toggleNotes, { when: inSequence });
  onAnswer(() => fillNotes());
}
