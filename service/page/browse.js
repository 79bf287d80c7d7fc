// Going through the test images: field, slider, arrows, neighbours, chance, and mistakes.

import { answers, showTestImage } from "./api.js";
import { byId, h } from "./dom.js";
import { ask, heading, onAnswer, onRefusal, state } from "./state.js";
import { latest } from "./task.js";

const LAST = 9999;
const EACH_SIDE = 5;

/** All answers of a model, fetched once. @type {Map<any, Promise<any>>} */
const fetched = new Map();

/** What a model says about every test image. @param {import("./state.js").Model} model @returns {Promise<{labels: string[], answers: number[], truths: number[]}>} */
export function allAnswers(model) {
  let found = fetched.get(model);
  if (!found) {
    found = answers(model);
    fetched.set(model, found);
    found.catch(() => fetched.delete(model));
  }
  return found;
}

const present = () => {
  const subject = heading();
  return "index" in subject ? subject.index : Number(byId("index").value) || 0;
};

/** @param {number} index @param {{patient?: boolean, how?: string}} [options] */
export function go(index, { patient, how = "chosen" } = {}) {
  if (!Number.isFinite(index)) return;
  const bounded = Math.min(LAST, Math.max(0, Math.round(index)));
  byId("index").value = byId("slider").value = bounded;
  ask({ subject: { index: bounded }, how }, { patient });
}

const nextMistake = latest(async (signal) => {
  const { answers: said, truths } = await allAnswers(state.model);
  if (signal.aborted) return;
  for (let step = 1; step <= said.length; step += 1) {
    const index = (present() + step) % said.length;
    if (said[index] !== truths[index]) return go(index, { how: "picked" });
  }
});

function thumbnails() {
  const { subject } = state;
  if (!("index" in subject)) {
    byId("thumbnails").querySelector("[aria-current]")?.removeAttribute("aria-current");
    return;
  }
  const first = Math.min(Math.max(0, subject.index - EACH_SIDE), LAST - 2 * EACH_SIDE);
  byId("thumbnails").replaceChildren(
    ...Array.from({ length: 2 * EACH_SIDE + 1 }, (_, i) => {
      const index = first + i;
      const img = h("img", { alt: "", width: 32, height: 32 });
      showTestImage(img, index);
      const far = Math.abs(index - subject.index) > 3;
      return h("button", {
        type: "button", class: far ? "far" : "", "aria-label": `Test image ${index}`, "aria-current": index === subject.index ? "true" : null,
        onclick: () => go(index),
      }, img);
    }),
  );
}

function settle() {
  if ("index" in state.subject) byId("index").value = byId("slider").value = state.subject.index;
  byId("model").value = String(state.models.indexOf(state.model));
}

/** Makes the controls work. */
export function start() {
  byId("index").addEventListener("input", (/** @type {any} */ event) => event.target.value !== "" && go(event.target.valueAsNumber, { patient: true }));
  byId("slider").addEventListener("input", (/** @type {any} */ event) => go(event.target.valueAsNumber, { patient: true }));
  byId("previous").addEventListener("click", () => go(present() - 1));
  byId("next").addEventListener("click", () => go(present() + 1));
  byId("random").addEventListener("click", () => go(Math.floor(Math.random() * (LAST + 1))));
  byId("mistake").addEventListener("click", () => nextMistake());
  // Arrow keys work anywhere, save where they mean something else already.
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const target = /** @type {Element} */ (event.target);
    if (!step || event.altKey || event.ctrlKey || event.metaKey || target.closest("input, select, textarea, canvas, pre, [role=grid]")) return;
    event.preventDefault();
    go(present() + step, { patient: true });
  });
  byId("model").addEventListener("change", (/** @type {any} */ event) => ask({ model: state.models[Number(event.target.value)] }));
  onAnswer(() => {
    thumbnails();
    settle();
  });
  onRefusal(settle);
}

/** Lists the models to choose from. */
export function listModels() {
  byId("model").replaceChildren(
    ...state.models.map((model, i) => {
      const several = state.models.filter((other) => other.name === model.name).length > 1;
      return h("option", { value: String(i) }, several ? `${model.name}, version ${model.version}` : model.name);
    }),
  );
}
