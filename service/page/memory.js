// What this browser remembers, under one key: the tries and the switch "Guess first". No picture, and nothing of it
// leaves the browser. Where storage is blocked or full it lasts for the visit.

/** @typedef {{time: string, model: string, version: number, source: "test"|"own", index: number, truth: string,
 *  guess: string|null, answer: string, probability: number}} Try
 *  index: of a test image, or the number of a picture of one's own, whose truth is the user's word; guess: null where there was none */
/** @typedef {{guessing: boolean|null, tries: Try[]}} Memory guessing: null as long as nobody has touched the switch */

const KEY = "ten-words";
const FORM = 1;
const MOST_TRIES = 1000;
const LONGEST = 100;
const LAST_TEST_IMAGE = 9999;
// Numbers of pictures of one's own go on from those that are read, so there has to be room above.
const LAST_OWN = 1_000_000;

/** What a picture is that shows none of the classes. */
export const NONE = "none of these";

/** @type {Memory} */
let memory = { guessing: null, tries: [] };
let works = true;
/** @type {(() => void)[]} */
const changed = [];

const isWord = (/** @type {unknown} */ value) =>
  typeof value === "string" && value.length > 0 && value.length <= LONGEST;
const isWhole = (/** @type {unknown} */ value, most = Number.MAX_SAFE_INTEGER) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

/** Whether this may be a try: what is stored may have been written by anybody. @param {any} found @returns {found is Try} */
function isTry(found) {
  return (
    typeof found === "object" &&
    found !== null &&
    typeof found.time === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(found.time) &&
    isWord(found.model) &&
    isWhole(found.version) &&
    (found.source === "test"
      ? isWhole(found.index, LAST_TEST_IMAGE)
      : found.source === "own" && isWhole(found.index, LAST_OWN)) &&
    isWord(found.truth) &&
    (found.guess === null || isWord(found.guess)) &&
    isWord(found.answer) &&
    typeof found.probability === "number" &&
    found.probability >= 0 &&
    found.probability <= 1
  );
}

/** A picture counts once for each model. @param {Try} attempt */
const keyOf = ({ model, version, source, index }) => JSON.stringify([model, version, source, index]);

/** What a stored text means; whatever is malformed in it is left out. @param {string|null} text @returns {Memory} */
function parse(text) {
  let found;
  try {
    found = JSON.parse(text ?? "null");
  } catch {}
  if (found?.form !== FORM) return { guessing: null, tries: [] };
  const tries = Array.isArray(found.tries) ? found.tries.filter(isTry).slice(-MOST_TRIES) : [];
  return {
    guessing: typeof found.guessing === "boolean" ? found.guessing : null,
    tries: [...new Map(tries.map((/** @type {Try} */ each) => [keyOf(each), each])).values()],
  };
}

function load() {
  if (!works) return;
  try {
    memory = parse(localStorage.getItem(KEY));
  } catch {
    works = false;
  }
}

/** Another window of this page may have written in between, so it is read before it is written. @param {(memory: Memory) => void} change */
function alter(change) {
  load();
  change(memory);
  memory.tries = memory.tries.slice(-MOST_TRIES);
  try {
    if (works) localStorage.setItem(KEY, JSON.stringify({ form: FORM, ...memory }));
  } catch {
    works = false;
  }
  for (const listener of changed) listener();
}

load();
window.addEventListener("storage", (event) => {
  if (event.key !== KEY && event.key !== null) return;
  load();
  for (const listener of changed) listener();
});

/** What is remembered now. @returns {Readonly<Memory>} */
export const remembered = () => memory;

/** Calls back whenever that changes. @param {() => void} listener */
export function onMemory(listener) {
  changed.push(listener);
}

/** Remembers a try, unless this picture has been tried with this model already. @param {Omit<Try, "time">} given */
export function addTry(given) {
  const attempt = { time: new Date().toISOString(), ...given };
  if (memory.tries.some((each) => keyOf(each) === keyOf(attempt))) return;
  alter(({ tries }) => {
    if (!tries.some((each) => keyOf(each) === keyOf(attempt))) tries.push(attempt);
  });
}

/** @param {boolean} guessing */
export function rememberGuessing(guessing) {
  alter((memory) => {
    memory.guessing = guessing;
  });
}

/** Forgets everything, here and in the browser's storage. */
export function forget() {
  memory = { guessing: null, tries: [] };
  try {
    localStorage.removeItem(KEY);
  } catch {}
  for (const listener of changed) listener();
}
