// A picture of one's own that was refused: nothing is told of another one in its place.

import { byId, h } from "./dom.js";
import { drop } from "./own-pictures.js";
import { ask, onRefusal } from "./state.js";
import { veil } from "./veil.js";

/** @import { Refusal, Wish } from "./state.js" */

const HEIC_BRAND = /^ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)/;
const HEIC_HINT =
  "It is in an iPhone’s own format, HEIC: under Settings > Camera > Formats choose Most Compatible, or share it as a JPEG.";

/** Whether this is HEIC, by its name or by its first bytes. @param {Blob} blob @param {string} name */
async function isHeic(blob, name) {
  if (/\.hei[cf]$/i.test(name)) return true;
  const head = new Uint8Array(await blob.slice(4, 12).arrayBuffer());
  return HEIC_BRAND.test(String.fromCharCode(...head));
}

/** @param {Wish} shown @param {Refusal} refusal */
async function tell({ subject }, { blob, name, why }) {
  const heic = await isHeic(blob, name).catch(() => false);
  veil("There is nothing to show about a file that was refused.");
  byId("guess").hidden = true;
  byId("own-question").hidden = true;
  for (const id of ["given", "seen"]) byId(id).replaceChildren();
  byId("given-caption").textContent = "No picture";
  byId("verdict").replaceChildren(
    h("p", { class: "says" }, "This file was refused."),
    h("p", {}, h("b", { class: "refused" }, name), `: ${why}${heic ? ` ${HEIC_HINT}` : ""}`),
    h(
      "p",
      {},
      "Choose another one, or go ",
      h(
        "button",
        { type: "button", class: "link", onclick: () => ask({}) },
        `back to ${"index" in subject ? `test image ${subject.index}` : "your last picture"}`,
      ),
      ".",
    ),
  );
  byId("verdict").hidden = false;
  byId("try").scrollIntoView();
}

/** Tells of every one that is refused. */
export function start() {
  onRefusal((shown, refusal) => {
    if (!refusal) return;
    if (refusal.own) drop(refusal.own);
    tell(shown, refusal);
  });
}
