// What went wrong, in one clear sentence, and the way out. Nothing that the user has set is touched.

import { Away, healthy, Refused, setKey } from "./api.js";
import { byId, h } from "./dom.js";

const AWAY = "The service is away. Your picture and settings are kept; this page goes on as soon as it is back.";
const POLL_MS = 2000;
const DISMISS_MS = 12000;
const LATE_MS = 400;

/** @typedef {"away"|"busy"|"locked"} Reason locked: a key is wanted */

/** What is to be tried again, by who reported it; timer: of what is tried again at a time of its own. @type {Map<unknown, {retry: () => void, reason: Reason, timer: number}>} */
const waiting = new Map();
/** Who said what stands there, if it asks for nothing. @type {unknown} */
let speaker;
/** Until that goes away by itself. */
let dismissal = 0;
/** Whether it is asked again and again if the service is there. */
let isPolling = false;
/** Whether a key has been given. */
let tried = false;

const isWaiting = (/** @type {Reason} */ wanted) => [...waiting.values()].some(({ reason }) => reason === wanted);

/** @param {...(Node|string|false)} children */
function show(...children) {
  const bar = byId("trouble");
  clearTimeout(dismissal);
  speaker = undefined;
  bar.replaceChildren(...children.filter((child) => child !== false));
  bar.hidden = false;
}

/** Takes the words away. Whatever waits goes on waiting; a key is asked for again. */
function hide() {
  show();
  byId("trouble").hidden = true;
  if (isWaiting("locked")) askForKey();
}

/** @param {unknown} who @param {Reason} reason @param {() => void} retry @param {number} [seconds] until it is tried again by itself */
function wait(who, reason, retry, seconds) {
  const timer = seconds === undefined ? 0 : window.setTimeout(() => again([who]), 1000 * seconds);
  waiting.set(who, { retry, reason, timer });
}

/** @param {unknown} who */
function forget(who) {
  clearTimeout(waiting.get(who)?.timer);
  return waiting.delete(who);
}

/** @param {unknown[]} those who are to try again */
function again(those) {
  const retries = those.map((who) => waiting.get(who)?.retry);
  those.forEach(forget);
  if (!waiting.size && speaker === undefined) hide();
  for (const retry of retries) retry?.();
}

/** @param {...Reason} reasons */
const waitingFor = (...reasons) => [...waiting].flatMap(([who, { reason }]) => (reasons.includes(reason) ? [who] : []));

const againNow = () => again(waitingFor("away", "busy"));

async function poll() {
  if (isWaiting("away") && !(await healthy())) {
    setTimeout(poll, POLL_MS);
    return;
  }
  isPolling = false;
  again(waitingFor("away"));
}

const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
  h("button", { type: "button", onclick }, text);

/**
 * @param {unknown} error
 * @param {unknown} who reports it; what it reported before is replaced
 * @param {() => void} retry
 */
export function report(error, who, retry) {
  forget(who);
  if (error instanceof Away) {
    wait(who, "away", retry);
    show(h("p", {}, AWAY), button("Try now", againNow));
    if (!isPolling) setTimeout(poll, POLL_MS);
    isPolling = true;
  } else if (error instanceof Refused && error.status === 401) {
    wait(who, "locked", retry);
    askForKey();
  } else if (error instanceof Refused && error.status === 503) {
    const seconds = error.retryAfter || 1;
    wait(who, "busy", retry, seconds);
    show(
      h("p", {}, `The service is busy: ${error.message} Trying again in ${seconds} s; nothing is lost.`),
      button("Try now", againNow),
    );
  } else {
    say(error instanceof Refused ? error.message : "Something went wrong on this page. Reload it if it goes on.", who);
    if (!(error instanceof Refused)) console.error(error);
  }
}

/** That what was reported has been mended. @param {unknown} who */
export function clear(who) {
  const waited = forget(who);
  if (speaker === who || (waited && speaker === undefined && !waiting.size)) hide();
}

/**
 * A message that goes away by itself.
 * @param {string} text
 * @param {unknown} [who] says it; it goes as soon as that succeeds, too
 */
export function say(text, who = text) {
  show(h("p", {}, text), button("Close", hide));
  speaker = who;
  dismissal = window.setTimeout(hide, DISMISS_MS);
}

/**
 * A message for what may take longer than one waits without a sign.
 * @param {string} text
 * @returns {() => void} takes it back, or keeps it from being shown
 */
export function sayLate(text) {
  const who = {};
  const late = setTimeout(() => byId("trouble").hidden && say(text, who), LATE_MS);
  return () => {
    clearTimeout(late);
    clear(who);
  };
}

function askForKey() {
  if (document.getElementById("key")) return;
  const field = h("input", { id: "key", type: "password", autocomplete: "off", required: true });
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setKey(field.value.trim());
    tried = true;
    again([...waiting.keys()]);
  };
  show(
    h(
      "form",
      { onsubmit },
      h(
        "label",
        { for: "key" },
        tried
          ? "That key is none of this service’s. Ask its operator for one."
          : "This service wants a key. It is kept in this page’s memory only.",
      ),
      field,
      h("button", { type: "submit" }, "Use it"),
    ),
  );
  field.focus();
}

window.addEventListener("online", againNow);
