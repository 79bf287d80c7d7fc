// Going through the test images: field, slider, arrows, neighbours, chance, and mistakes.

import { answers } from "./api.js";
import { byId, h } from "./dom.js";
import { showTestImage } from "./images.js";
import { ask, heading, onAnswer, onRefusal, state, turn } from "./state.js";
import { latest } from "./task.js";
import { sayLate } from "./trouble.js";

/** @import { AllAnswers, OfferedModel } from "./openapi.js" */
/** @import { How, Move, Subject, Wish } from "./state.js" */

const LAST = 9999;
const EACH_SIDE = 5;
const OWN_ARROWS = "input, select, textarea, canvas, pre, [role=grid]";
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

const field = byId("index", HTMLInputElement);
const slider = byId("slider", HTMLInputElement);
const choice = byId("model", HTMLSelectElement);

/** All answers of a model, fetched once. @type {Map<OfferedModel, Promise<AllAnswers>>} */
const fetched = new Map();

/** What a model says about every test image. @param {OfferedModel} model */
export function allAnswers(model) {
  let found = fetched.get(model);
  if (!found) {
    found = answers(model);
    fetched.set(model, found);
    found.catch(() => fetched.delete(model));
    const unsay = sayLate(`Asking for all that ${model.name} answers, once: this takes some seconds …`);
    found.then(unsay, unsay);
  }
  return found;
}

const present = () => {
  const subject = heading();
  return subject && "index" in subject ? subject.index : Number(field.value) || 0;
};

/** What is being typed, dragged or held down. @type {Move} */
let move = {};

/** To a test image; beyond the first and the last there is none. @param {number} index @param {{patient?: boolean, how?: How, move?: Move}} [options] */
export function go(index, { patient, how = "chosen", move: step } = {}) {
  const bounded = Math.min(LAST, Math.max(0, index));
  if (document.activeElement !== field || field.valueAsNumber !== bounded) field.value = String(bounded);
  slider.value = String(bounded);
  doubt("");
  ask({ subject: { index: bounded }, how }, { patient, move: step });
}

/** Says of what stands in the field that there is no such image, or nothing. @param {string} why */
function doubt(why) {
  byId("index-note").textContent = why;
  field.setAttribute("aria-invalid", String(why !== ""));
}

/** Goes where the field says, or says why not. */
function follow() {
  if (field.value === "" && !field.validity.badInput) return doubt("");
  const index = field.valueAsNumber;
  if (Number.isInteger(index) && index >= 0 && index <= LAST) return go(index, { patient: true, move });
  const shown = heading();
  const stays = shown && "index" in shown ? `Image ${shown.index} stays.` : "Your picture stays.";
  doubt(`There is no test image ${field.value || "of that name"}: they go from 0 to ${LAST}. ${stays}`);
}

let bringIntoView = false;

/** On a phone the verdict on a mistake may be out of sight, or the question that comes before it. */
function lookAtIt() {
  if (!bringIntoView) return;
  bringIntoView = false;
  requestAnimationFrame(() => {
    if (matchMedia("(max-width: 46rem)").matches) byId("try").scrollIntoView();
    for (const words of document.querySelectorAll(".answer .says"))
      if (words.checkVisibility()) words.scrollIntoView({ block: "nearest" });
  });
}

const nextMistake = latest(async (signal) => {
  if (!state.view) return;
  const isNewest = turn();
  const { answers: said, truths } = await allAnswers(state.view.model);
  if (signal.aborted || !isNewest()) return;
  for (let step = 1; step <= said.length; step += 1) {
    const index = (present() + step) % said.length;
    if (said[index] !== truths[index]) {
      bringIntoView = true;
      return go(index, { how: "picked" });
    }
  }
});

/** @param {Subject} subject */
function thumbnails(subject) {
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
      return h(
        "button",
        {
          type: "button",
          class: far ? "far" : "",
          "aria-label": `Test image ${index}`,
          "aria-current": index === subject.index ? "true" : null,
          onclick: () => go(index),
        },
        img,
      );
    }),
  );
}

/** The controls as they are for what is on show. @param {Wish} shown */
function settle({ subject, model }) {
  // What is wrong in the field stays there for as long as somebody is at it.
  const typing = document.activeElement === field && field.getAttribute("aria-invalid") === "true";
  if (!typing) doubt("");
  if ("index" in subject) {
    if (!typing) field.value = String(subject.index);
    slider.value = String(subject.index);
  }
  choice.value = String(state.models.indexOf(model));
}

/** Makes the controls work. */
export function start() {
  field.addEventListener("input", follow);
  slider.addEventListener("input", () => go(slider.valueAsNumber, { patient: true, move }));
  for (const input of [field, slider]) {
    input.addEventListener("change", () => {
      move = {};
    });
  }
  const show = (/** @type {number} */ index) => {
    bringIntoView = true;
    go(index);
  };
  byId("previous").addEventListener("click", () => show(present() - 1));
  byId("next").addEventListener("click", () => show(present() + 1));
  byId("random").addEventListener("click", () => show(Math.floor(Math.random() * (LAST + 1))));
  byId("mistake").addEventListener("click", () => nextMistake());
  // Arrow keys work anywhere, save where they mean something else already.
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(OWN_ARROWS)) return;
    event.preventDefault();
    if (!event.repeat) move = {};
    go(present() + step, { patient: true, move });
  });
  choice.addEventListener("change", () => ask({ model: state.models[Number(choice.value)] }));
  onAnswer(lookAtIt);
  onAnswer((view) => {
    thumbnails(view.subject);
    settle(view);
  });
  onRefusal(settle);
}

/** Lists the models to choose from. */
export function listModels() {
  choice.replaceChildren(
    ...state.models.map((model, i) => {
      const several = state.models.filter((other) => other.name === model.name).length > 1;
      return h("option", { value: String(i) }, several ? `${model.name}, version ${model.version}` : model.name);
    }),
  );
}
