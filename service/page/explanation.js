// What the answer hangs on: the map over the picture, and a patch to move by hand.

import { part, replace, wholeNumber, wrong } from "./address.js";
import { explain, query } from "./api.js";
import { byId, contextOf, h, percent } from "./dom.js";
import { onReveal } from "./guess.js";
import { outdate, update } from "./outdated.js";
import { showSeen } from "./picture.js";
import { asking, onAnswer, options, state } from "./state.js";
import { latest } from "./task.js";
import { isVeiled } from "./veil.js";

/** @import { ExplainOptions } from "./api.js" */
/** @import { Explanation } from "./openapi.js" */
/** @import { View } from "./state.js" */
/** @typedef {{row: number, column: number}} Place by which a patch lies in the grid */

const SIDE = 32;
const TAKES = [213, 94, 0];
const ADDS = [0, 114, 178];
const OPACITY = 0.85;
// As the service draws it: a map with less in it than this shows nothing but rounding.
const LEAST_SCALE = 0.01;

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** What tells of the map. */
const TOLD = ["map", "readout", "why-links"];

const map = byId("map", HTMLCanvasElement);
const explained = byId("explained", HTMLSelectElement);
const strength = byId("strength", HTMLInputElement);
const sizes = { patch: byId("patch", HTMLInputElement), stride: byId("stride", HTMLInputElement) };

/** What is on show here, and the pixels that the model saw. @type {{view: View, explanation: Explanation, seen: HTMLImageElement}|null} */
let shown = null;
/** Where the patch is. @type {Place|null} */
let place = null;
/** The class that the address names, until the classes are known. @type {string|null} */
let named = null;

/** @returns {ExplainOptions} */
const wanted = () => ({
  class: explained.value || undefined,
  patch: Number(sizes.patch.value),
  stride: Number(sizes.stride.value),
});

const fetchMap = latest(
  async (signal) => {
    const { view } = state;
    if (!view || isVeiled()) return;
    replace();
    const explanation = await explain(view.subject, { ...asking(view), ...wanted() }, signal);
    const seen = new Image();
    seen.src = explanation.seen;
    await seen.decode();
    if (signal.aborted) return;
    shown = { view, explanation, seen };
    if (!("index" in view.subject)) showSeen(explanation.seen);
    move(null);
    update(...TOLD);
  },
  { delay: 60 },
);

/** The map as pixels with their opacity. @param {Explanation} explanation */
function overlay(explanation) {
  const layer = new ImageData(SIDE, SIDE);
  const values = explanation.map.flat();
  const scale = Math.max(LEAST_SCALE, ...values.map(Math.abs));
  values.forEach((value, i) => {
    layer.data.set(value > 0 ? TAKES : ADDS, 4 * i);
    layer.data[4 * i + 3] = (255 * OPACITY * Math.abs(value)) / scale;
  });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  contextOf(canvas).putImageData(layer, 0, 0);
  return canvas;
}

/** @param {Explanation} explanation @param {HTMLImageElement} seen */
function draw(explanation, seen) {
  const context = contextOf(map);
  const zoom = map.width / SIDE;
  context.imageSmoothingEnabled = false;
  context.drawImage(seen, 0, 0, map.width, map.height);
  if (place) {
    const { patch, positions, colour } = explanation;
    const [left, upper] = [positions[place.column] * zoom, positions[place.row] * zoom];
    context.fillStyle = `rgb(${colour.join(" ")})`;
    context.fillRect(left, upper, patch * zoom, patch * zoom);
    context.strokeStyle = "white";
    context.lineWidth = 3;
    context.strokeRect(left, upper, patch * zoom, patch * zoom);
    return;
  }
  // The picture goes grey under the map, or its colours would pass for the map's.
  const opacity = Number(strength.value) / 100;
  context.save();
  context.globalCompositeOperation = "saturation";
  context.globalAlpha = opacity;
  context.fillStyle = "grey";
  context.fillRect(0, 0, map.width, map.height);
  context.restore();
  context.globalAlpha = opacity;
  context.drawImage(overlay(explanation), 0, 0, map.width, map.height);
  context.globalAlpha = 1;
}

/** @param {Explanation} explanation @param {View} view */
function tell({ label, probability, largest, drops, positions, patch, cannot_tell: limits }, view) {
  const readout = byId("readout");
  if (place) {
    const there = Math.max(0, probability - drops[place.row][place.column]);
    readout.replaceChildren(
      "Covered here, ",
      h("strong", {}, `${label} goes from ${percent(probability)} to ${percent(there)}`),
      ".",
    );
    return;
  }
  readout.replaceChildren(
    `${positions.length ** 2} places tried. The patch that costs most `,
    h(
      "strong",
      {},
      `takes ${label} from ${percent(probability)} to ${percent(Math.max(0, probability - largest.drop))}`,
    ),
    `; its corner is ${largest.left} pixels from the left and ${largest.upper} from the top.`,
  );
  map.setAttribute(
    "aria-label",
    `Map of what ${label} hangs on, ${patch} pixels to a patch. The arrow keys move the patch.`,
  );
  byId("cannot").replaceChildren(...limits.map((text) => h("li", {}, text)));
  const links = byId("why-links");
  links.replaceChildren();
  if ("index" in view.subject) {
    const asked = query({ index: view.subject.index, ...options(view), ...wanted() });
    links.append(
      "The same as ",
      h("a", { href: `explain?${asked}` }, "numbers"),
      " and as a ",
      h("a", { href: `explain?${asked}&format=png` }, "picture"),
      ".",
    );
  }
}

/** The patch to another place, or away. @param {Place|null} there */
function move(there) {
  if (!shown) return;
  const { view, explanation, seen } = shown;
  const last = explanation.positions.length - 1;
  place = there && { row: Math.min(last, Math.max(0, there.row)), column: Math.min(last, Math.max(0, there.column)) };
  draw(explanation, seen);
  tell(explanation, view);
}

/** The place whose patch's middle is nearest. @param {PointerEvent} event @param {Explanation} explanation */
function under(event, { patch, positions }) {
  const box = map.getBoundingClientRect();
  /** @param {number} share */
  const nearest = (share) => {
    const start = share * SIDE - patch / 2;
    const far = positions.map((position) => Math.abs(position - start));
    return far.indexOf(Math.min(...far));
  };
  return {
    row: nearest((event.clientY - box.top) / box.height),
    column: nearest((event.clientX - box.left) / box.width),
  };
}

/** A step longer than the patch would leave gaps: whichever was not touched gives way. @param {"patch"|"stride"} touched */
function resize(touched) {
  const { patch, stride } = sizes;
  if (Number(stride.value) > Number(patch.value)) (touched === "patch" ? stride : patch).value = sizes[touched].value;
  byId("patch-value").textContent = patch.value;
  byId("stride-value").textContent = stride.value;
  fetchMap();
}

const write = () => ({
  class: named ?? (explained.value || undefined),
  patch: differs(sizes.patch),
  stride: differs(sizes.stride),
});

/** The value, where it is not the one at first. @param {HTMLInputElement} input */
const differs = (input) => (input.value === input.defaultValue ? undefined : input.value);

/** @param {URLSearchParams} given */
function read(given) {
  for (const [name, input] of Object.entries(sizes)) {
    const fallback = Number(input.defaultValue);
    const [min, max] = [Number(input.min), Number(input.max)];
    const what = name === "patch" ? "sides of a patch" : "steps";
    input.value = String(wholeNumber(given, name, { min, max, fallback, what, instead: `${fallback} is taken` }));
  }
  const { patch, stride } = sizes;
  if (Number(stride.value) > Number(patch.value)) {
    const there = `a step is at most as long as the patch, ${patch.value}`;
    wrong("stride", stride.value, there, `${patch.value} is taken`);
  }
  named = given.get("class");
  if (state.view) list(state.view.model.labels, explained.options[0]?.text ?? "");
  resize("patch");
}

/** Lists the classes; which one was chosen stays, if there is such a one. @param {readonly string[]} labels @param {string} first */
function list(labels, first) {
  const chosen = named ?? explained.value;
  const options = labels.map((label) => h("option", {}, label));
  explained.replaceChildren(h("option", { value: "" }, first), ...options);
  explained.value = labels.includes(chosen) ? chosen : "";
  if (named && !explained.value)
    wrong("class", named, `the classes are ${labels.join(", ")}`, "the map is about what the network says");
  named = null;
}

/** Makes the map and its settings work. */
export function start() {
  const point = (/** @type {PointerEvent} */ event) => shown && move(under(event, shown.explanation));
  map.addEventListener("pointerdown", point);
  map.addEventListener("pointermove", point);
  map.addEventListener("pointerleave", () => move(null));
  map.addEventListener("blur", () => move(null));
  map.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (event.key === "Escape") move(null);
    if (!step || !shown) return;
    event.preventDefault();
    const middle = Math.floor(shown.explanation.positions.length / 2);
    move(place ? { row: place.row + step[0], column: place.column + step[1] } : { row: middle, column: middle });
  });
  strength.addEventListener("input", () => move(null));
  explained.addEventListener("change", () => {
    fetchMap();
    replace();
  });
  sizes.patch.addEventListener("input", () => resize("patch"));
  sizes.stride.addEventListener("input", () => resize("stride"));
  part(["class", "patch", "stride"], { write, read });
  onAnswer(({ model }) => {
    shown = null;
    outdate(...TOLD);
    list(model.labels, "what it says");
  });
  onReveal(({ answer, model }) => {
    list(model.labels, `what it says: ${answer.label}`);
    fetchMap();
  });
}
