// The keys of this page, and a list of them. Those of a single letter can be turned off (WCAG 2.2, 2.1.4).

import { byId, h } from "./dom.js";

/** @typedef {{letter: string, also: string[], text: string, act: () => void, when: () => boolean}} Key */

/** @type {Key[]} */
const keys = [];
const dialog = byId("keys", HTMLDialogElement);
const letters = h("input", { type: "checkbox", id: "letters", checked: true });
/** @type {Record<string, string>} */
const NAMES = { PageDown: "Page Down", PageUp: "Page Up" };

/**
 * @param {string} letter @param {string} text what it does @param {() => void} act
 * @param {{also?: string[], when?: () => boolean}} [options] also: other keys that do the same; when: it does anything
 */
export function key(letter, text, act, { also = [], when = () => true } = {}) {
  keys.push({ letter, also, text, act, when });
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const { target } = event;
  if (
    target instanceof Element &&
    target.closest("select, textarea, input:not([type=range], [type=checkbox]), [contenteditable]")
  )
    return;
  const found = keys.find(({ letter, also }) => letter === event.key || also.includes(event.key));
  if (!found?.when()) return;
  if (found.letter === event.key && !letters.checked) return;
  if (target instanceof HTMLInputElement && found.letter !== event.key) return; // Page Down moves a slider
  event.preventDefault();
  found.act();
}

function list() {
  const row = (/** @type {string[]} */ names, /** @type {string} */ text) =>
    h(
      "div",
      {},
      h("dt", {}, ...names.flatMap((name, i) => (i ? [" or ", h("kbd", {}, name)] : [h("kbd", {}, name)]))),
      h("dd", {}, text),
    );
  dialog.replaceChildren(
    h("h2", { id: "keys-title" }, "Keys"),
    h(
      "dl",
      { class: "keys" },
      row(["←", "→"], "the test image before, the next one"),
      ...keys.map(({ letter, also, text }) => row([letter, ...also.map((name) => NAMES[name] ?? name)], text)),
      row(["Esc"], "leaves the presentation, closes this list"),
    ),
    h("p", {}, h("label", {}, letters, " Keys of a single letter work")),
    h("form", { method: "dialog" }, h("button", { class: "primary" }, "Close")),
  );
  dialog.showModal();
}

/** Makes them work. */
export function start() {
  document.addEventListener("keydown", press);
  key("?", "this list", list);
  byId("show-keys").addEventListener("click", list);
}
