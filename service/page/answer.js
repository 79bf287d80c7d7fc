// The answer in words: what it says, whether that is right, what to beware of, and how to ask the same again.

import { query } from "./api.js";
import { Bars } from "./bars.js";
import { a, byId, h, percent } from "./dom.js";
import { onAnswer, options } from "./state.js";

/** @import { Prediction } from "./openapi.js" */
/** @import { View } from "./state.js" */

const COPIED_MS = 2000;

/** Whether the answer is right. @param {Prediction} answer */
export function judgement(answer) {
  if (!answer.truth) return h("span", { class: "judgement" }, "Only you know what it is.");
  return answer.truth.correct
    ? h("span", { class: "judgement right" }, `✓ Right: it is ${a(answer.truth.label)}.`)
    : h("span", { class: "judgement wrong" }, `✗ Wrong: it is ${a(answer.truth.label)}.`);
}

/** How sure it is, and what that has been worth. @param {Prediction} answer */
function confidence({ probability, calibrated_probability: calibrated, label, track_record: record }) {
  const sure = `It is ${percent(probability)} sure${calibrated === null ? "" : `; calibrated, ${percent(calibrated)}`}.`;
  if (!record) return sure;
  const before = `When it was ${percent(record.lower)} to ${percent(record.upper)} sure of ${a(label)} before, it was right ${percent(record.precision)} of the time`;
  return `${sure} ${before} (${record.n} validation images).`;
}

/** The same request for a terminal. @param {View} view */
function command(view) {
  const { answer, subject } = view;
  const asked = query({
    index: "index" in subject ? subject.index : undefined,
    ...options(view),
    fit: answer.input.fit === "stretch" ? "stretch" : undefined,
  });
  const address = new URL(`predict${asked && `?${asked}`}`, location.href.split(/[?#]/)[0]).href;
  return "index" in subject
    ? `curl '${address}'`
    : `curl -F 'image=@${subject.name.replaceAll("'", "'\\''")}' '${address}'`;
}

/** Writes it all down after every answer. */
export function start() {
  const bars = new Bars("Probability of each class");
  byId("bars").append(bars.element);
  onAnswer((view) => {
    const { answer, model, subject } = view;
    byId("verdict").replaceChildren(
      h("p", { class: "says" }, "It says ", h("strong", {}, answer.label), "."),
      h("p", { class: "judged" }, judgement(answer)),
      h("p", { class: "sureness" }, confidence(answer)),
    );
    bars.show(answer, { threshold: model.threshold });
    byId("caveats").replaceChildren(...answer.caveats.map((caveat) => h("li", {}, caveat.text)));
    const address = `?${query({ index: "index" in subject ? subject.index : undefined, ...options(view) })}`;
    byId("link").replaceChildren(
      ...("index" in subject
        ? ["This view: ", h("a", { href: address }, address)]
        : ["A picture of your own has no address, as it is not kept."]),
    );
    byId("curl").textContent = command(view);
    byId("accuracy").textContent = model.accuracy ? `${percent(model.accuracy.value)} of the time` : "some of the time";
  });
  byId("copy").addEventListener("click", copy);
}

async function copy() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("curl").textContent ?? "");
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(byId("curl"));
    button.textContent = "Selected: now copy";
  }
  setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
}
