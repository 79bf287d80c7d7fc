// To a part of the page, and to stay there while what stands above it is still being filled.

import { byId } from "./dom.js";

const HELD_MS = 6000;
/** What somebody does who goes elsewhere. */
const ELSEWHERE = ["wheel", "touchmove", "pointerdown", "keydown"];

let release = () => {};

/** @param {string} id of the part */
export function goTo(id) {
  release();
  const part = byId(id);
  const hold = () => part.scrollIntoView({ behavior: "instant" });
  const observer = new ResizeObserver(hold);
  const timer = setTimeout(() => release(), HELD_MS);
  release = () => {
    clearTimeout(timer);
    observer.disconnect();
    for (const kind of ELSEWHERE) removeEventListener(kind, release);
    release = () => {};
  };
  observer.observe(document.body);
  for (const kind of ELSEWHERE) addEventListener(kind, release, { passive: true });
  hold();
}

/** Makes the page's own links stay where they lead. */
export function start() {
  document.addEventListener("click", ({ target }) => {
    const link = target instanceof Element && target.closest("a[href^='#']");
    if (link) goTo((link.getAttribute("href") ?? "#").slice(1));
  });
}
