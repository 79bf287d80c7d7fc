// What is on show: a subject, the model that was asked, and its answer. It changes only when an answer has come.

import { part, replace } from "./address.js";
import { predict, Refused } from "./api.js";
import { latest } from "./task.js";

/** @import { PredictOptions, Subject as PredictSubject } from "./api.js" */
/** @import { OfferedModel, Prediction } from "./openapi.js" */
/** @typedef {PredictSubject} Subject */
/** @typedef {NonNullable<PredictOptions["fit"]>} Fit */
/** @typedef {{subject: Subject, model: OfferedModel, fit: Fit, how: "chosen"|"picked"}} Wish how: why this subject; "picked" if it was chosen for its answer */
/** @typedef {Wish & {answer: Prediction}} View */

/** The models that can be asked, and what is on show; nothing until the first answer. @type {{models: OfferedModel[], view: View|null}} */
export const state = { models: [], view: null };

/** What the page begins with; nothing until the models are known. @type {Wish|null} */
let first = null;

/** What has been asked for and not been answered yet. @type {Partial<Wish>} */
let wish = {};

/** @type {((view: View) => void)[]} */
const answered = [];
/** @type {((shown: Wish) => void)[]} */
const refused = [];

/** Calls back after every new answer; not for one that was refused. @param {(view: View) => void} listener */
export function onAnswer(listener) {
  answered.push(listener);
}

/** Calls back when a wish was refused, so that controls go back to what is on show. @param {(shown: Wish) => void} listener */
export function onRefusal(listener) {
  refused.push(listener);
}

/** The query of a view. @param {Wish} view @returns {PredictOptions} */
export const options = ({ model }) => ({ model: model.default ? undefined : model.name, version: version(model) });

/** The version, where it is not the model's highest anyway. @param {OfferedModel} asked */
function version(asked) {
  const highest = Math.max(...state.models.filter((model) => model.name === asked.name).map((model) => model.version));
  return asked.version === highest ? undefined : asked.version;
}

/** The options of a request about this subject. @param {Wish} wanted @returns {PredictOptions} */
export const asking = (wanted) => ({
  model: wanted.model.name,
  version: wanted.model.version,
  fit: "index" in wanted.subject || wanted.fit === "crop" ? undefined : wanted.fit,
});

part(["index", "model", "version"], {
  write: () => {
    const shown = state.view ?? first;
    if (!shown) return {};
    return { index: "index" in shown.subject ? shown.subject.index : undefined, ...options(shown) };
  },
  read: () => {}, // written anew with back and forward
});

let wait = 0;

const run = latest(
  async (signal) => {
    const from = state.view ?? first;
    if (!from) return; // the wish is kept until `begin`
    const wanted = { ...from, ...wish };
    const view = { ...wanted, answer: await predict(wanted.subject, asking(wanted), signal) };
    wish = {};
    state.view = view;
    replace();
    for (const listener of answered) listener(view);
  },
  {
    delay: () => wait,
    failed: (error) => {
      // What may yet succeed is tried again; the rest is given up, and what is on show stays.
      if (!(error instanceof Refused) || error.status === 503 || error.status === 401) return;
      wish = {};
      const shown = state.view ?? first;
      if (shown) for (const listener of refused) listener(shown);
    },
  },
);

/** Asks for the first time; what the user has asked for already goes before it. @param {Wish} given */
export function begin(given) {
  first = given;
  wait = 0;
  run();
}

/** Ask for something else than what is on show. @param {Partial<Wish>} change @param {{patient?: boolean}} [how] patient: more may follow in a moment */
export function ask(change, { patient = false } = {}) {
  wish = { ...wish, how: "chosen", ...change };
  wait = patient ? 120 : 0;
  run();
}

/** Where the user is going, or is. */
export const heading = () => wish.subject ?? (state.view ?? first)?.subject;
