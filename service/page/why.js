// What the answer hangs on: the map over the picture, and a patch to move by hand.

import { explain, query } from "./api.js";
import { byId, h, percent } from "./dom.js";
import { showSeen } from "./picture.js";
import { asking, onAnswer, options, state } from "./state.js";
import { latest } from "./task.js";

const SIDE = 32;
const TAKES = [213, 94, 0];
const ADDS = [0, 114, 178];
const OPACITY = 0.85;
// As the service draws it: a map with less in it than this shows nothing but rounding.
const LEAST_SCALE = 0.01;

/** @type {any} */ let found = null;
/** @type {HTMLImageElement|null} */ let seen = null;
/** Where the patch is, by its place in the grid. @type {{row: number, column: number}|null} */ let place = null;

const wanted = () => ({
  class: byId("explained").value || undefined,
  patch: byId("patch").value,
  stride: byId("stride").value,
});

const fetchMap = latest(
  async (signal) => {
    const explanation = await explain(state.subject, { ...asking(state), ...wanted() }, signal);
    const img = new Image();
    img.src = explanation.seen;
    await img.decode();
    if (signal.aborted) return;
    [found, seen, place] = [explanation, img, null];
    if (!("index" in state.subject)) showSeen(explanation.seen);
    draw();
    tell();
  },
  { delay: 60 },
);

/** The map as pixels with their opacity. @param {any} explanation */
function overlay(explanation) {
  const layer = new ImageData(SIDE, SIDE);
  const values = explanation.map.flat();
  const scale = Math.max(LEAST_SCALE, ...values.map(Math.abs));
  values.forEach((/** @type {number} */ value, /** @type {number} */ i) => {
    layer.data.set(value > 0 ? TAKES : ADDS, 4 * i);
    layer.data[4 * i + 3] = (255 * OPACITY * Math.abs(value)) / scale;
  });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.getContext("2d")?.putImageData(layer, 0, 0);
  return canvas;
}

function draw() {
  const canvas = byId("map");
  const context = canvas.getContext("2d");
  const zoom = canvas.width / SIDE;
  const strength = place ? 0 : Number(byId("strength").value) / 100;
  context.imageSmoothingEnabled = false;
  context.drawImage(seen, 0, 0, canvas.width, canvas.height);
  if (place) {
    const { patch, positions, colour } = found;
    const [left, upper] = [positions[place.column] * zoom, positions[place.row] * zoom];
    context.fillStyle = `rgb(${colour.join(" ")})`;
    context.fillRect(left, upper, patch * zoom, patch * zoom);
    context.strokeStyle = "white";
    context.lineWidth = 3;
    context.strokeRect(left, upper, patch * zoom, patch * zoom);
    return;
  }
  // The picture goes grey under the map, or its colours would pass for the map's.
  context.save();
  context.globalCompositeOperation = "saturation";
  context.globalAlpha = strength;
  context.fillStyle = "grey";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.restore();
  context.globalAlpha = strength;
  context.drawImage(overlay(found), 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
}

function tell() {
  const { label, probability, largest, drops, positions, patch } = found;
  const readout = byId("readout");
  if (place) {
    const there = Math.max(0, probability - drops[place.row][place.column]);
    readout.replaceChildren("Covered here, ", h("strong", {}, `${label} goes from ${percent(probability)} to ${percent(there)}`), ".");
    return;
  }
  readout.replaceChildren(
    `${positions.length ** 2} places tried. The patch that costs most `,
    h("strong", {}, `takes ${label} from ${percent(probability)} to ${percent(Math.max(0, probability - largest.drop))}`),
    `; its corner is ${largest.left} pixels from the left and ${largest.upper} from the top.`,
  );
  byId("map").setAttribute("aria-label", `Map of what ${label} hangs on, ${patch} pixels to a patch. The arrow keys move the patch.`);
  byId("cannot").replaceChildren(...found.cannot_tell.map((/** @type {string} */ text) => h("li", {}, text)));
  const links = byId("why-links");
  links.replaceChildren();
  if ("index" in state.subject) {
    const asked = query({ index: state.subject.index, ...options(), ...wanted() });
    links.append("The same as ", h("a", { href: `explain?${asked}` }, "numbers"), " and as a ", h("a", { href: `explain?${asked}&format=png` }, "picture"), ".");
  }
}

/** @param {{row: number, column: number}|null} there */
function move(there) {
  if (!found) return;
  const last = found.positions.length - 1;
  place = there && { row: Math.min(last, Math.max(0, there.row)), column: Math.min(last, Math.max(0, there.column)) };
  draw();
  tell();
}

/** The place whose patch's middle is nearest. @param {PointerEvent} event */
function under(event) {
  const box = byId("map").getBoundingClientRect();
  const nearest = (/** @type {number} */ share) => {
    const start = share * SIDE - found.patch / 2;
    const far = found.positions.map((/** @type {number} */ position) => Math.abs(position - start));
    return far.indexOf(Math.min(...far));
  };
  return { row: nearest((event.clientY - box.top) / box.height), column: nearest((event.clientX - box.left) / box.width) };
}

const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });

/** Makes the map and its settings work. */
export function start() {
  const map = byId("map");
  for (const kind of ["pointerdown", "pointermove"]) {
    map.addEventListener(kind, (/** @type {PointerEvent} */ event) => found && move(under(event)));
  }
  map.addEventListener("pointerleave", () => move(null));
  map.addEventListener("blur", () => move(null));
  map.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (event.key === "Escape") move(null);
    if (!step || !found) return;
    event.preventDefault();
    const middle = Math.floor(found.positions.length / 2);
    move(place ? { row: place.row + step[0], column: place.column + step[1] } : { row: middle, column: middle });
  });
  byId("strength").addEventListener("input", () => found && move(null));
  byId("explained").addEventListener("change", () => fetchMap());
  for (const name of ["patch", "stride"]) {
    byId(name).addEventListener("input", () => {
      // A step longer than the patch would leave gaps: whichever was not touched gives way.
      const [patch, stride] = [byId("patch"), byId("stride")];
      if (Number(stride.value) > Number(patch.value)) (name === "patch" ? stride : patch).value = byId(name).value;
      for (const setting of ["patch", "stride"]) byId(`${setting}-value`).textContent = byId(setting).value;
      fetchMap();
    });
  }
  onAnswer(() => {
    const chosen = byId("explained").value;
    byId("explained").replaceChildren(
      h("option", { value: "" }, `what it says: ${state.answer.label}`),
      ...state.model.labels.map((label) => h("option", {}, label)),
    );
    byId("explained").value = state.model.labels.includes(chosen) ? chosen : "";
    fetchMap();
  });
}
