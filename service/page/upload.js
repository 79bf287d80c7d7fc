// A picture of one's own: by drop, paste or file. What is too large for the service is reduced here first.

import { byId, contextOf, fileOf } from "./dom.js";
import { keep } from "./own-pictures.js";
import { ask, onAnswer, onRefusal, refuse, turn } from "./state.js";

/** @import { Wish } from "./state.js" */

// What the service takes by default (SERVICE_MAX_BODY_BYTES); a photograph of more is reduced to this many pixels a side.
const MOST_BYTES = 16 * 1024 * 1024;
const REDUCED_SIDE = 2000;

/** A JPEG with at most REDUCED_SIDE pixels a side. @param {Blob} blob */
async function reduce(blob) {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, REDUCED_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = contextOf(canvas);
  context.fillStyle = "white"; // transparent parts lie over white, as in the service
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return fileOf(canvas, "image/jpeg", 0.92);
}

/** Show the network a picture. @param {Blob} blob @param {string} name */
export async function take(blob, name) {
  const isNewest = turn();
  let note = "";
  if (blob.size > MOST_BYTES) {
    try {
      blob = await reduce(blob);
      if (!isNewest()) return;
      note = "The file is larger than the 16 MB that the service takes, so it was made smaller here first.";
    } catch {
      if (!isNewest()) return;
      const why =
        "the file is larger than the 16 MB that the service takes, and this browser can’t read it to make it smaller.";
      return refuse({ blob, name, why });
    }
  }
  byId("own-note").textContent = note;
  ask({ subject: keep(blob, name) });
  byId("try").scrollIntoView(); // the answer appears there
}

/** @param {DataTransfer|null} data */
function takeFrom(data) {
  const files = [...(data?.files ?? [])];
  if (!files.length) return false;
  take(files[0], files[0].name || "picture.png");
  if (files.length > 1) byId("own-note").textContent = "One picture at a time: the first one was taken.";
  return true;
}

/** Makes dropping, pasting and choosing work. */
export function start() {
  const curtain = byId("curtain");
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    curtain.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) curtain.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    curtain.hidden = true;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    takeFrom(event.dataTransfer);
  });
  document.addEventListener("paste", (event) => {
    if (takeFrom(event.clipboardData)) event.preventDefault();
  });
  const chooser = byId("file", HTMLInputElement);
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    if (file) take(file, file.name);
    chooser.value = ""; // so that the same file can be chosen again
  });
  const fitting = byId("fit", HTMLSelectElement);
  fitting.addEventListener("change", () => ask({ fit: fitting.value === "stretch" ? "stretch" : "crop" }));
  /** @param {Wish} shown */
  const settle = ({ subject, fit }) => {
    byId("fit-label").hidden = "index" in subject;
    fitting.value = fit;
    if ("index" in subject) byId("own-note").textContent = "";
  };
  onAnswer(settle);
  onRefusal(settle);
}
