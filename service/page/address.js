// What stands in the page's address, so that back and forward work and a link shows the same again. Each part of the
// page registers the names that are its own; a value that can't be used is told, never bent.

import { query } from "./api.js";
import { byId, h } from "./dom.js";

/** @typedef {Record<string, string|number|undefined>} Values undefined: it does not stand in the address */
/** @typedef {{write: () => Values, read: (given: URLSearchParams) => void}} Part write: its values as they are now;
 *  read: takes the address's values over, at the start once the models are known, and on back and forward; a name that is not given means its default */

/** @type {({names: string[]} & Part)[]} */
const parts = [];
let opened = false;
let reading = false;
/** The query that was written or read last. */
let current = location.search;
/** @type {string[]} */
let faults = [];
/** @type {(() => void)[]} */
const listeners = [];

// Pictures of one's own last for one visit: an entry of the history tells of which visit it is.
const VISIT = performance.timeOrigin;

/** Registers a part of the page. @param {string[]} names of its query parameters @param {Part} part */
export function part(names, { write, read }) {
  parts.push({ names, write, read });
}

/** The query of what is on show: "?index=16". */
export const search = () => `?${query(Object.assign({}, ...parts.map(({ write }) => write())))}`;

/** A new entry in the history, for what somebody chose; none if the address stays the same. */
export function push() {
  if (search() !== current) forget();
  put(search() === current ? "replaceState" : "pushState");
}

/** The same entry, with what is on show now. */
export function replace() {
  put("replaceState");
}

/** @param {"pushState"|"replaceState"} how */
function put(how) {
  if (!opened || reading) return;
  current = search();
  try {
    history[how]({ visit: VISIT }, "", `${current}${location.hash}`);
  } catch {} // browsers refuse more than some hundred changes in half a minute
  for (const listener of listeners) listener();
}

/** Calls back whenever the address has been written. @param {() => void} listener */
export function onAddress(listener) {
  listeners.push(listener);
}

/** Whether the present entry of the history was made in this visit. */
export const isOfThisVisit = () => history.state?.visit === VISIT;

function read() {
  const given = new URLSearchParams(location.search);
  current = location.search;
  forget();
  reading = true;
  try {
    for (const { names, read: take } of parts) {
      for (const name of names) {
        if (given.getAll(name).length > 1) tell(`The address names ${name} more than once; the first one counts.`);
      }
      take(given);
    }
  } finally {
    reading = false;
  }
}

/** Reads the address, now and whenever somebody goes back or forward. */
export function open() {
  opened = true;
  read();
  window.addEventListener("popstate", () => {
    if (location.search !== current) read(); // else only the place on the page has changed
  });
}

/**
 * Tells of a value in the address that can't be used.
 * @param {string} name @param {string} value as given
 * @param {string} there what there is: "test images go from 0 to 9999"
 * @param {string} instead what is shown: "image 16 is shown"
 */
export function wrong(name, value, there, instead) {
  const given = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  tell(`The address says ${name}=${given}, but ${there}; ${instead}.`);
}

/**
 * A whole number out of the address; where it can't be used that is told.
 * @param {URLSearchParams} given @param {string} name
 * @param {{min: number, max: number, fallback: number, what: string, instead: string}} range what: "test images"
 */
export function wholeNumber(given, name, { min, max, fallback, what, instead }) {
  const text = given.get(name);
  if (text === null) return fallback;
  const number = Number(text);
  if (/^-?\d{1,9}$/.test(text) && number >= min && number <= max) return number;
  wrong(name, text, `${what} go from ${min} to ${max}`, instead);
  return fallback;
}

/** @param {string} sentence */
function tell(sentence) {
  faults.push(sentence);
  const close = h("button", { type: "button", onclick: forget }, "Close");
  byId("address-note").replaceChildren(h("p", {}, faults.join(" ")), close);
  byId("address-note").hidden = false;
}

function forget() {
  faults = [];
  byId("address-note").hidden = true;
  byId("address-note").replaceChildren();
}
