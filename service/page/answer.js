// The answer in words: what it says, whether that is right, what to beware of, and how to ask the same again.

import { Bars } from "./bars.js";
import { a, byId, h, percent } from "./dom.js";
import { onAnswer, options, state } from "./state.js";
import { query } from "./api.js";

const COPIED_MS = 2000;

/** Whether the answer is right. @param {any} answer */
export function judgement(answer) {
  if (!answer.truth) return h("span", { class: "judgement" }, "Only you know what it is.");
  return answer.truth.correct
    ? h("span", { class: "judgement right" }, `✓ Right: it is ${a(answer.truth.label)}.`)
    : h("span", { class: "judgement wrong" }, `✗ Wrong: it is ${a(answer.truth.label)}.`);
}

/** How sure it is, and what that has been worth. */
function sureness() {
  const { answer, model } = state;
  const parts = [];
  if (model.threshold !== null) {
    parts.push(
      answer.confident
        ? `Sure at ${percent(answer.probability)}: at or above ${percent(model.threshold)} it counts as confident.`
        : `Sure at ${percent(answer.probability)} only: below ${percent(model.threshold)} it does not count as confident.`,
    );
  }
  if (answer.track_record) {
    const { lower, upper, precision, n } = answer.track_record;
    parts.push(`When it was ${percent(lower)} to ${percent(upper)} sure of ${a(answer.label)} before, it was right ${percent(precision)} of the time (${n} validation images).`);
  }
  return parts.join(" ");
}

/** The caveats: those that came with the answer, or what can be said without. @returns {string[]} */
function caveats() {
  const { answer } = state;
  if (answer.caveats) return answer.caveats.filter((/** @type {any} */ one) => one.name !== "below-threshold").map((/** @type {any} */ one) => one.text);
  return answer.truth ? [] : ["The model can't say 'none of these': whatever a picture shows, it names one of its classes."];
}

/** The same request for a terminal. */
function command() {
  const asked = query({ index: "index" in state.subject ? state.subject.index : undefined, ...options(), fit: state.answer.input.fit === "stretch" ? "stretch" : undefined });
  const address = new URL(`predict${asked && `?${asked}`}`, location.href.split(/[?#]/)[0]).href;
  return "index" in state.subject
    ? `curl -s '${address}'`
    : `curl -s -F 'image=@${state.subject.name.replaceAll("'", "'\\''")}' '${address}'`;
}

/** Writes it all down after every answer. */
export function start() {
  const bars = new Bars("Probability of each class");
  byId("bars").append(bars.element);
  onAnswer(() => {
    const { answer, model, subject } = state;
    byId("verdict").replaceChildren(
      h("p", { class: "says" }, "It says ", h("strong", {}, answer.label), "."),
      h("p", { class: "judged" }, judgement(answer)),
      h("p", { class: "sureness" }, sureness()),
    );
    bars.show(answer, { threshold: model.threshold });
    byId("caveats").replaceChildren(...caveats().map((text) => h("li", {}, text)));
    const address = `?${query({ index: "index" in subject ? subject.index : undefined, ...options() })}`;
    byId("link").replaceChildren(
      ...("index" in subject
        ? ["This view: ", h("a", { href: address }, address)]
        : ["A picture of your own has no address, as it is not kept."]),
    );
    byId("curl").textContent = command();
    byId("accuracy").textContent = model.accuracy ? `${percent(model.accuracy.value)} of the time` : "some of the time";
  });
  byId("copy").addEventListener("click", copy);
}

async function copy() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("curl").textContent);
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(byId("curl"));
    button.textContent = "Selected: now copy";
  }
  setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
}
