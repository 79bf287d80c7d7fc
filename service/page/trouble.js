// What went wrong, in one clear sentence, and the way out. Nothing that the user has set is touched.

import { Away, healthy, Refused, setKey } from "./api.js";
import { byId, h } from "./dom.js";

const AWAY = "The service is away. Your picture and settings are kept; this page goes on as soon as it is back.";
const POLL_MS = 2000;
const DISMISS_MS = 12000;
const LATE_MS = 400;

/** What is to be tried again, by who reported it. @type {Map<unknown, () => void>} */
const waiting = new Map();
/** Whose message stands there, if it asks for nothing. @type {unknown} */
let speaker;
let timer = 0;
/** Whether a key has been given. */
let tried = false;

/** @param {...(Node|string|false)} children */
function show(...children) {
  const bar = byId("trouble");
  speaker = undefined;
  bar.replaceChildren(...children.filter((child) => child !== false));
  bar.hidden = false;
}

function hide() {
  clearTimeout(timer);
  byId("trouble").hidden = true;
}

function again() {
  const retries = [...waiting.values()];
  waiting.clear();
  hide();
  for (const retry of retries) retry();
}

async function poll() {
  if (await healthy()) again();
  else timer = window.setTimeout(poll, POLL_MS);
}

const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
  h("button", { type: "button", onclick }, text);

/**
 * @param {unknown} error
 * @param {unknown} who reports it; what it reported before is replaced
 * @param {() => void} retry
 */
export function report(error, who, retry) {
  clearTimeout(timer);
  if (error instanceof Away) {
    waiting.set(who, retry);
    show(h("p", {}, AWAY), button("Try now", again));
    timer = window.setTimeout(poll, POLL_MS);
  } else if (error instanceof Refused && error.status === 401) {
    waiting.set(who, retry);
    askForKey();
  } else if (error instanceof Refused && error.status === 503) {
    waiting.set(who, retry);
    const seconds = error.retryAfter || 1;
    show(
      h("p", {}, `The service is busy: ${error.message} Trying again in ${seconds} s; nothing is lost.`),
      button("Try now", again),
    );
    timer = window.setTimeout(again, 1000 * seconds);
  } else {
    say(error instanceof Refused ? error.message : "Something went wrong on this page. Reload it if it goes on.", who);
    if (!(error instanceof Refused)) console.error(error);
  }
}

/** That what was reported has been mended. @param {unknown} who */
export function clear(who) {
  if ((waiting.delete(who) || speaker === who) && !waiting.size) hide();
}

/**
 * A message that goes away by itself.
 * @param {string} text
 * @param {unknown} [who] says it; it goes as soon as that succeeds, too
 */
export function say(text, who) {
  show(h("p", {}, text), button("Close", hide));
  speaker = who;
  timer = window.setTimeout(() => (waiting.size ? again() : hide()), DISMISS_MS);
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
    byId("trouble").replaceChildren();
    again();
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

window.addEventListener("online", () => waiting.size && again());
