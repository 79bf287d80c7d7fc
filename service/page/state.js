// What is on show: a subject, the model that was asked, and its answer. It changes only when an answer has come.

import { push, replace } from "./address.js";
import { predict, Refused } from "./api.js";
import { latest } from "./task.js";

/** @import { PredictOptions, Subject as PredictSubject } from "./api.js" */
/** @import { OfferedModel, Prediction } from "./openapi.js" */
/** @typedef {PredictSubject} Subject */
/** @typedef {NonNullable<PredictOptions["fit"]>} Fit */
/** @typedef {"chosen"|"picked"|"known"|"opened"} How why a subject is on show: "picked" for its answer, "known" if that was told, too, and "opened" by the address */
/** @typedef {{subject: Subject, model: OfferedModel, fit: Fit, how: How}} Wish */
/** @typedef {Wish & {answer: Prediction}} View */
/** @typedef {{name: string, blob: Blob, own?: number, why: string}} Refusal of a picture of one's own */

/** The models that can be asked, and what is on show; nothing until the first answer. @type {{models: OfferedModel[], view: View|null}} */
export const state = { models: [], view: null };

/** What the page begins with; nothing until the models are known. @type {Wish|null} */
let first = null;

/** What has been asked for and not been answered yet. @type {Partial<Wish>} */
let wish = {};

/** @type {((view: View) => void)[]} */
const answered = [];
/** @type {((shown: Wish, refusal: Refusal|null) => void)[]} */
const refused = [];

/** Moves are told apart by what they are: all steps of one drag of a slider belong to the same. @typedef {object} Move */
/** The move of who shows what the address asks for: no entry of its own. */
export const RESTORED = {};
/** @type {Move|null} */
let move = null;
/** The move whose entry in the history is the present one. @type {Move|null} */
let written = null;
/** What the address names, until it is on show. @type {Wish|null} */
let restoring = null;
/** Whether the place of the answer tells of a refused picture instead. */
let withdrawn = false;

/** Calls back after every new answer; not for one that was refused. @param {(view: View) => void} listener */
export function onAnswer(listener) {
  answered.push(listener);
}

/** Calls back when a wish was refused, so that controls go back to what is on show. @param {(shown: Wish, refusal: Refusal|null) => void} listener */
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

let wait = 0;

const run = latest(
  async (signal) => {
    const from = onShow();
    if (!from) return; // the wish is kept until `begin`
    const wanted = { ...from, ...wish };
    const view = { ...wanted, answer: await predict(wanted.subject, asking(wanted), signal) };
    const isNew = state.view && move !== RESTORED && move !== written;
    written = move;
    wish = {};
    restoring = null;
    withdrawn = false;
    state.view = view;
    for (const listener of answered) listener(view);
    if (isNew) push();
    else replace();
  },
  {
    delay: () => wait,
    failed: (error) => {
      // What may yet succeed is tried again; the rest is given up, and what is on show stays.
      if (!(error instanceof Refused) || error.status === 503 || error.status === 401) return false;
      const { subject } = wish;
      wish = {};
      restoring = null;
      const shown = onShow();
      if (!shown) return false;
      withdrawn = subject !== undefined && "blob" in subject;
      if (subject && "blob" in subject) refuse({ ...subject, why: error.message });
      else for (const listener of refused) listener(shown, null);
      replace();
      return withdrawn;
    },
  },
);

/** Tells of a picture that is refused, in the place of its answer. @param {Refusal} refusal */
export function refuse(refusal) {
  withdrawn = true;
  const shown = onShow();
  if (shown) for (const listener of refused) listener(shown, refusal);
}

/** What is on show, or will be first; nothing as long as the models are not known. @returns {Wish|null} */
export const onShow = () => state.view ?? first;

/** What stands in the address. @returns {Wish|null} */
export const addressed = () => restoring ?? onShow();

let turns = 0;

/** That something has been chosen. What comes of it after a while is shown only if nothing else has been chosen since. @returns {() => boolean} whether that is so */
export function turn() {
  turns += 1;
  const mine = turns;
  return () => mine === turns;
}

/** Shows what the address names, for the first time or again, without a new entry in the history. @param {Wish} given */
export function restore(given) {
  turn();
  if (state.view) {
    const { subject, model, fit } = { ...state.view, ...wish };
    if (!withdrawn && same(subject, given.subject) && model === given.model && fit === given.fit) return;
    wish = restoring = given;
    move = RESTORED;
  } else first = given;
  wait = 0;
  run();
}

/** @param {Subject} one @param {Subject} other */
const same = (one, other) => ("index" in one && "index" in other ? one.index === other.index : one === other);

/**
 * Ask for something else than what is on show.
 * @param {Partial<Wish>} change
 * @param {{patient?: boolean, move?: Move}} [options] patient: more may follow in a moment; move: what this is a step of; each move is one entry in the history
 */
export function ask(change, { patient = false, move: step = {} } = {}) {
  turn();
  wish = { ...wish, ...(change.subject ? { how: "chosen" } : {}), ...change };
  move = step;
  restoring = null;
  wait = patient ? 120 : 0;
  run();
}

/** Where the user is going, or is. */
export const heading = () => wish.subject ?? onShow()?.subject;
