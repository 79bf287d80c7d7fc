// Sliders that spoil the picture, with the answer following. The spoiling is done here; only its result is sent.

import { predict, testImage } from "./api.js";
import { judgement } from "./answer.js";
import { Bars } from "./bars.js";
import { byId, h, percent } from "./dom.js";
import { blur, brightness, contrast, noise, pixelate } from "./filters.js";
import { asking, onAnswer, state } from "./state.js";
import { latest } from "./task.js";

// A larger picture is reduced to this before it is spoilt: still eight times what the model sees.
const LARGEST_SIDE = 256;

/** @type {{name: string, text: string, min: number, max: number, step: number, neutral: number, unit: string}[]} */
const SLIDERS = [
  { name: "brightness", text: "Brightness", min: -80, max: 80, step: 1, neutral: 0, unit: " %" },
  { name: "contrast", text: "Contrast", min: -95, max: 95, step: 1, neutral: 0, unit: " %" },
  { name: "blur", text: "Blur", min: 0, max: 4, step: 1, neutral: 0, unit: " px" },
  { name: "noise", text: "Noise", min: 0, max: 100, step: 1, neutral: 0, unit: "" },
  { name: "rotation", text: "Rotation", min: -180, max: 180, step: 1, neutral: 0, unit: "°" },
  { name: "jpeg", text: "JPEG loss", min: 0, max: 99, step: 1, neutral: 0, unit: " %" },
  { name: "pixels", text: "Pixelation", min: 1, max: 16, step: 1, neutral: 1, unit: " px" },
];

/** @type {ImageBitmap|null} */ let original = null;
/** @type {unknown} */ let originalOf = null;
let drawings = 0;
const bars = new Bars("Probability of each class, for the spoilt picture");

/** @param {string} name */
const value = (name) => Number(byId(`spoil-${name}`).value);
const untouched = () => SLIDERS.every(({ name, neutral }) => value(name) === neutral);

/** The picture, decoded. @param {AbortSignal} signal */
async function load(signal) {
  const { subject } = state;
  if (originalOf === subject) return;
  const blob = "index" in subject ? await testImage(subject.index, signal) : subject.blob;
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  original = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "high" });
  originalOf = subject;
}

/** Draws the picture as it is now, and gives the file to send. @returns {Promise<Blob>} */
async function render() {
  const picture = /** @type {ImageBitmap} */ (original);
  const drawing = (drawings += 1);
  const canvas = byId("spoilt");
  const { width, height } = picture;
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  turn(context, picture, value("rotation"));
  let pixels = context.getImageData(0, 0, width, height);
  if (value("brightness")) pixels = brightness(pixels, value("brightness"));
  if (value("contrast")) pixels = contrast(pixels, value("contrast"));
  if (value("blur")) pixels = blur(pixels, value("blur"));
  if (value("noise")) pixels = noise(pixels, value("noise"));
  if (value("pixels") > 1) pixels = pixelate(pixels, value("pixels"));
  context.putImageData(pixels, 0, 0);
  if (!value("jpeg")) return file(canvas, "image/png");
  const blob = await file(canvas, "image/jpeg", 1 - value("jpeg") / 100);
  const lossy = await createImageBitmap(blob);
  if (drawing === drawings) context.drawImage(lossy, 0, 0); // what is shown is what is sent
  return blob;
}

/** Turned about its middle; what comes in at the corners has the picture's mean colour. @param {CanvasRenderingContext2D} context @param {ImageBitmap} picture @param {number} degrees */
function turn(context, picture, degrees) {
  const { width, height } = picture;
  context.fillStyle = "white"; // transparent parts lie over white, as in the service
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0);
  if (!degrees) return;
  const { data } = context.getImageData(0, 0, width, height);
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i += 1) if (i % 4 !== 3) sum[i % 4] += data[i];
  context.fillStyle = `rgb(${sum.map((total) => Math.round((4 * total) / data.length)).join(" ")})`;
  context.fillRect(0, 0, width, height);
  context.save();
  context.translate(width / 2, height / 2);
  context.rotate((degrees * Math.PI) / 180);
  context.drawImage(picture, -width / 2, -height / 2);
  context.restore();
}

/** @param {HTMLCanvasElement} canvas @param {string} type @param {number} [quality] @returns {Promise<Blob>} */
const file = (canvas, type, quality) =>
  new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, quality));

/** @param {any} answer @param {boolean} spoilt */
function tell(answer, spoilt) {
  const before = state.answer;
  bars.show(answer, { threshold: state.model.threshold, before: spoilt ? before : null });
  const changed = answer.label !== before.label;
  byId("spoilt-verdict").replaceChildren(
    spoilt ? (changed ? "Now it says " : "It still says ") : "It says ", h("strong", {}, answer.label), `, ${percent(answer.probability)}. `,
    spoilt ? `Before: ${before.label}, ${percent(before.probability)}.` : judgement(answer),
  );
  byId("spoilt-caption").textContent = spoilt ? "Spoilt, as it is sent" : "Not spoilt yet: move a slider";
}

const follow = latest(
  async (signal) => {
    const blob = await render();
    const answer = await predict({ blob, name: "spoilt" }, asking({ ...state, subject: { blob, name: "" } }), signal);
    tell({ ...answer, truth: state.answer.truth && { ...state.answer.truth, correct: answer.label === state.answer.truth.label } }, true);
  },
  { delay: 120 },
);

const begin = latest(async (signal) => {
  try {
    await load(signal);
  } catch (error) {
    if (!(error instanceof DOMException) || signal.aborted) throw error;
    // The service reads some pictures that this browser does not.
    original = null;
    byId("spoilt-caption").textContent = "This browser can’t read the picture, so it can’t spoil it either.";
    return;
  }
  if (signal.aborted) return;
  if (!untouched()) return follow();
  await render();
  tell(state.answer, false);
});

/** @param {{name: string, neutral: number, unit: string}} slider */
function label({ name, neutral, unit }) {
  const now = value(name);
  byId(`spoil-${name}-value`).textContent = now === neutral ? "–" : `${now > 0 && neutral === 0 && ["brightness", "contrast"].includes(name) ? "+" : ""}${now}${unit}`;
}

/** Makes the sliders, and has the answer follow them. */
export function start() {
  const reset = h("button", { type: "button", id: "unspoil", onclick: () => {
    for (const slider of SLIDERS) {
      byId(`spoil-${slider.name}`).value = slider.neutral;
      label(slider);
    }
    begin();
  } }, "As it was");
  byId("sliders").replaceChildren(
    ...SLIDERS.map((slider) => {
      const { name, text, min, max, step, neutral } = slider;
      const input = h("input", { id: `spoil-${name}`, type: "range", min, max, step, value: neutral, oninput: () => {
        label(slider);
        if (!original) return;
        if (untouched()) begin();
        else {
          render(); // the picture follows at once, the answer in a moment
          follow();
        }
      } });
      return h("label", {}, h("span", {}, text), input, h("output", { id: `spoil-${name}-value`, for: `spoil-${name}` }, "–"));
    }),
    reset,
  );
  byId("spoilt-bars").append(bars.element);
  onAnswer(() => begin());
}
