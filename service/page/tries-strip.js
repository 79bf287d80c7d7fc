// The pictures that were tried, small and in a row, with who was right about each.

import { go } from "./browse.js";
import { byId, h, thousands } from "./dom.js";
import { showTestImage } from "./images.js";

/** @import { Try } from "./memory.js" */

const MOST = 60;

/** What is drawn already, by what it shows, so that a new try costs one picture and not all. @type {Map<string, HTMLLIElement>} */
let drawn = new Map();

/** @param {string} who @param {boolean} right */
const mark = (who, right) =>
  h("span", { class: right ? "right" : "wrong" }, `${right ? "✓" : "✗"} `, h("span", {}, who));

/** @param {Try} attempt */
function item({ source, index, truth, guess, answer }) {
  const marks = [guess !== null && mark("you", guess === truth), mark("it", answer === truth)];
  const said = `${guess === null ? "" : `you said ${guess}, `}it said ${answer}`;
  if (source === "own") {
    const title = `Your own picture ${index}: by your word ${truth}; ${said}`;
    return h("li", { title }, h("span", { class: "own-picture" }, `own ${index}`), ...marks);
  }
  const img = h("img", { alt: `Test image ${index}: ${truth}; ${said}`, width: 32, height: 32, loading: "lazy" });
  showTestImage(img, index);
  const title = `Test image ${index}: ${truth}; ${said}`;
  const open = h("button", { type: "button", title, onclick: () => go(index) }, img);
  return h("li", {}, open, ...marks);
}

/** @param {readonly Try[]} tries */
export function strip(tries) {
  const shown = tries.slice(-MOST).reverse();
  drawn = new Map(
    shown.map((attempt) => {
      const key = JSON.stringify(attempt);
      return [key, drawn.get(key) ?? item(attempt)];
    }),
  );
  byId("strip").replaceChildren(...drawn.values());
  const more = tries.length - shown.length;
  byId("strip-more").textContent = more ? `And ${thousands(more)} earlier ones, which the CSV file holds, too.` : "";
}
