// Pictures of the service in img elements. One that does not come is fetched until it does, as an answer is.

import { hasKey, testImage } from "./api.js";
import { latest } from "./task.js";

/** @typedef {(signal: AbortSignal) => Promise<Blob>} Source */

/** Those that are to be fetched. @type {Map<HTMLImageElement, Source>} */
const missing = new Map();

const fill = latest(async (signal) => {
  for (const img of missing.keys()) if (!img.isConnected) missing.delete(img);
  await Promise.all(
    [...missing].map(async ([img, source]) => {
      const address = URL.createObjectURL(await source(signal));
      missing.delete(img);
      img.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
      img.src = address;
    }),
  );
});

/** @param {HTMLImageElement} img @param {Source} source */
function fetchFor(img, source) {
  missing.set(img, source);
  fill();
}

/** Has the picture that an img element names come again where it failed. @param {HTMLImageElement} img @param {Source} source */
export function keepTrying(img, source) {
  img.addEventListener("error", () => fetchFor(img, source), { once: true });
  if (img.src && img.complete && !img.naturalWidth) fetchFor(img, source);
}

/** Shows a test image in an img element; with a key it has to be fetched, as img sends none. @param {HTMLImageElement} img @param {number} index */
export function showTestImage(img, index) {
  const source = (/** @type {AbortSignal} */ signal) => testImage(index, signal);
  if (hasKey()) return fetchFor(img, source);
  keepTrying(img, source);
  img.src = `images/${index}.png`;
}
