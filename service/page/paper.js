// The page on paper: what is fetched only when one scrolls there is fetched before it is printed.

import { bringAll, byId, isPartial } from "./dom.js";
import { isComplete, isQuiet } from "./task.js";
import { say } from "./trouble.js";

const CHECK_MS = 100;
/** So many checks in a row must find nothing under way, as one answer may ask for another. */
const CHECKS = 5;
const PATIENCE_MS = 20_000;

const pause = () => new Promise((resolve) => setTimeout(resolve, CHECK_MS));

/** Until all is there, or has taken too long. */
async function settle() {
  const until = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet < CHECKS && performance.now() < until; ) {
    await pause();
    quiet = isQuiet() ? quiet + 1 : 0;
  }
}

async function printAll() {
  say("Fetching the parts that were not in view yet, for the paper …");
  bringAll();
  await settle();
  window.print();
}

/** Makes Ctrl+P wait for what is missing; where it is printed by a menu, the paper says what is missing. */
export function start() {
  document.addEventListener("keydown", (event) => {
    const printing = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "p";
    if (!printing || !isPartial()) return;
    event.preventDefault();
    printAll();
  });
  window.addEventListener("beforeprint", () => {
    byId("paper-note").hidden = !isPartial() && isComplete();
  });
}
