// To a part of the page, and to stay there while what stands above it is still being filled. A presentation shows one
// section at a time: the one that holds this part.

import { byId } from "./dom.js";

const HELD_MS = 6000;
/** What somebody does who goes elsewhere. */
const ELSEWHERE = ["wheel", "touchmove", "pointerdown", "keydown"];

let release = () => {};

/** @param {string} id of the part */
export function goTo(id) {
  release();
  const part = byId(id);
  const section = part.closest("main > section");
  if (section)
    for (const each of document.querySelectorAll("main > section")) each.classList.toggle("staged", each === section);
  const hold = () => part.scrollIntoView({ behavior: "instant" });
  const observer = new ResizeObserver(hold);
  const timer = setTimeout(() => release(), HELD_MS);
  const begun = performance.now();
  // The very key that led here goes on to the window after this.
  const leave = (/** @type {Event} */ { timeStamp }) => timeStamp > begun && release();
  release = () => {
    clearTimeout(timer);
    observer.disconnect();
    for (const kind of ELSEWHERE) removeEventListener(kind, leave);
    release = () => {};
  };
  for (const box of [document.body, ...(section?.children ?? [])]) observer.observe(box);
  for (const kind of ELSEWHERE) addEventListener(kind, leave, { passive: true });
  hold();
}

/** Makes the page's own links stay where they lead. */
export function start() {
  document.addEventListener("click", ({ target }) => {
    const link = target instanceof Element && target.closest("a[href^='#']");
    if (link) goTo((link.getAttribute("href") ?? "#").slice(1));
  });
}
