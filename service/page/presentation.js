// A view for a projector: picture, answer and controls on one screen, in large type; or another section of the page,
// where the menu or a step leads there.

import { goTo } from "./anchor.js";
import { byId } from "./dom.js";
import { key } from "./keys.js";

const { body } = document;

/** Whether the browser has given the whole screen; where it takes it away, by Escape say, the view ends too. */
let whole = false;

let following = false;

const isPresenting = () => body.classList.contains("presenting");
const isWhole = () => document.fullscreenElement !== null;

/** Has the browser do what the view does, one word after another: two at one time come back in any order. */
async function follow() {
  whole = false; // what the browser tells meanwhile is of what was wanted before
  if (following) return;
  following = true;
  try {
    while (isPresenting() !== isWhole()) {
      const before = isWhole();
      await (before ? document.exitFullscreen() : document.documentElement.requestFullscreen?.());
      if (isWhole() === before) break;
    }
  } catch {
    // Not granted, or gone already: the window will do.
  }
  following = false;
  whole = isPresenting() && isWhole();
}

/** @param {boolean} on */
function present(on) {
  if (isPresenting() === on) return;
  body.classList.toggle("presenting", on);
  byId("present").setAttribute("aria-pressed", String(on));
  follow();
  const place = document.querySelector("#sequence:not([hidden]) a[href^='#']")?.getAttribute("href")?.slice(1);
  if (on) goTo(place ?? "try");
  else scrollTo(0, 0);
}

/** Makes key and button work. */
export function start() {
  const toggle = () => present(!isPresenting());
  // A narrow window has no room for it.
  key("f", "presentation view", toggle, { when: () => matchMedia("(min-width: 60rem)").matches });
  byId("present").addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) present(false);
  });
  // Escape leaves the whole screen without a keydown of its own.
  document.addEventListener("fullscreenchange", () => !isWhole() && whole && present(false));
}
