// What is on show: a subject, the model that was asked, and its answer. It changes only when an answer has come.

import { Refused, predict, query } from "./api.js";
import { latest } from "./task.js";

/** @typedef {import("./api.js").Subject} Subject */
/** @typedef {{name: string, version: number, default: boolean, description: string, labels: string[], threshold: number|null,
 *   accuracy: {value: number, lower: number|null, upper: number|null, n: number|null}|null}} Model */
/** @typedef {{subject: Subject, model: Model, fit: string, how: string}} Wish how: why this subject; "picked" if it was chosen for its answer */

/** @type {Wish & {models: Model[], answer: any}} */
export const state = {
  subject: { index: 16 },
  model: /** @type {any} */ (null),
  fit: "crop",
  how: "chosen",
  models: [],
  answer: null,
};

/** What has been asked for and not been answered yet. @type {Partial<Wish>} */
let wish = {};

/** @type {((kind: "answer"|"refused") => void)[]} */
const listeners = [];

/** Calls back after every new answer; not for one that was refused. @param {() => void} listener */
export function onAnswer(listener) {
  listeners.push((kind) => kind === "answer" && listener());
}

/** Calls back when a wish was refused, so that controls go back to what is on show. @param {() => void} listener */
export function onRefusal(listener) {
  listeners.push((kind) => kind === "refused" && listener());
}

/** The query of the present view. */
export const options = () => ({ model: state.model.default ? undefined : state.model.name, version: version() });

/** The version, where it is not the model's highest anyway. */
function version() {
  const highest = Math.max(...state.models.filter((model) => model.name === state.model.name).map((model) => model.version));
  return state.model.version === highest ? undefined : state.model.version;
}

/** The options of a request about this subject. @param {Wish} wanted */
export const asking = (wanted) => ({
  model: wanted.model.name,
  version: wanted.model.version,
  fit: "index" in wanted.subject || wanted.fit === "crop" ? undefined : wanted.fit,
});

let wait = 0;

const run = latest(
  async (signal) => {
    const wanted = { ...state, ...wish };
    const answer = await predict(wanted.subject, asking(wanted), signal);
    wish = {};
    Object.assign(state, wanted, { answer });
    const index = "index" in state.subject ? state.subject.index : undefined;
    history.replaceState(null, "", `?${query({ index, ...options() })}${location.hash}`);
    for (const listener of listeners) listener("answer");
  },
  {
    delay: () => wait,
    failed: (error) => {
      // What may yet succeed is tried again; the rest is given up, and what is on show stays.
      if (!(error instanceof Refused) || error.status === 503 || error.status === 401) return;
      wish = {};
      for (const listener of listeners) listener("refused");
    },
  },
);

/** Ask for something else than what is on show. @param {Partial<Wish>} change @param {{patient?: boolean}} [how] patient: more may follow in a moment */
export function ask(change, { patient = false } = {}) {
  wish = { ...wish, how: "chosen", ...change };
  wait = patient ? 120 : 0;
  run();
}

/** Where the user is going, or is. @returns {Subject} */
export const heading = () => wish.subject ?? state.subject;
