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

/** How sure it is, and what that has been worth. @param {any} answer */
function sureness({ probability, calibrated_probability: calibrated, label, track_record: record }) {
  const sure = `It is ${percent(probability)} sure${calibrated === null ? "" : `; calibrated, ${percent(calibrated)}`}.`;
  if (!record) return sure;
  const before = `When it was ${percent(record.lower)} to ${percent(record.upper)} sure of ${a(label)} before, it was right ${percent(record.precision)} of the time`;
  return `${sure} ${before} (${record.n} validation images).`;
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
      h("p", { class: "sureness" }, sureness(answer)),
    );
    bars.show(answer, { threshold: model.threshold });
    byId("caveats").replaceChildren(...answer.caveats.map((/** @type {{text: string}} */ caveat) => h("li", {}, caveat.text)));
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
