// A view for a projector: picture, answer and controls on one screen, in large type; or another section of the page,
// where the menu or a step leads there.

import { goTo } from "./anchor.js";
import { byId } from "./dom.js";
import { key } from "./keys.js";

const { body } = document;

/** Whether the browser has given the whole screen; where it takes it away, by Escape say, the view ends too. */
let whole = false;

async function fill() {
  try {
    await document.documentElement.requestFullscreen?.();
    whole = body.classList.contains("presenting") && document.fullscreenElement !== null;
    if (!whole) await document.exitFullscreen(); // it came when nobody wanted it any more
  } catch {
    // Not granted, or gone already: the window will do.
  }
}

/** @param {boolean} on */
function present(on) {
  if (body.classList.contains("presenting") === on) return;
  body.classList.toggle("presenting", on);
  byId("present").setAttribute("aria-pressed", String(on));
  whole = false; // what the browser tells from here on of before is no news
  if (on) fill();
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  const place = document.querySelector("#sequence:not([hidden]) a[href^='#']")?.getAttribute("href")?.slice(1);
  if (on) goTo(place ?? "try");
  else scrollTo(0, 0);
}

/** Makes key and button work. */
export function start() {
  const toggle = () => present(!body.classList.contains("presenting"));
  // A narrow window has no room for it.
  key("f", "presentation view", toggle, { when: () => matchMedia("(min-width: 60rem)").matches });
  byId("present").addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) present(false);
  });
  // Escape leaves the whole screen without a keydown of its own.
  document.addEventListener("fullscreenchange", () => !document.fullscreenElement && whole && present(false));
}
