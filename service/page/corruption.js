// Sliders that corrupt the picture, with the answer following. The corruption is done here; only its result is sent.

import { part, replace, wholeNumber } from "./address.js";
import { judgement } from "./answer.js";
import { predict, testImage } from "./api.js";
import { Bars } from "./bars.js";
import { byId, contextOf, fileOf, h, percent } from "./dom.js";
import { blur, brightness, contrast, noise, pixelate } from "./filters.js";
import { onReveal } from "./guess.js";
import { outdate, update } from "./outdated.js";
import { asking, state } from "./state.js";
import { latest } from "./task.js";
import { isVeiled } from "./veil.js";

/** @import { Prediction } from "./openapi.js" */
/** @import { Subject, View } from "./state.js" */

// A larger picture is reduced to this before it is corrupted: still eight times what the model sees.
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

/** What tells of the spoilt picture. */
const TOLD = ["spoilt", "spoilt-verdict", "spoilt-bars"];

/** @type {{subject: Subject, bitmap: ImageBitmap}|null} */
let original = null;
let drawings = 0;
const bars = new Bars("Probability of each class, for the spoilt picture");

/** @param {string} name */
const inputOf = (name) => byId(`spoil-${name}`, HTMLInputElement);
/** @param {string} name */
const value = (name) => Number(inputOf(name).value);
const untouched = () => SLIDERS.every(({ name, neutral }) => value(name) === neutral);

/** The picture, decoded. @param {Subject} subject @param {AbortSignal} signal */
async function decode(subject, signal) {
  const blob = "index" in subject ? await testImage(subject.index, signal) : subject.blob;
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  return createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "high" });
}

/** Draws the picture as it is now, and gives the file to send. @param {ImageBitmap} picture */
async function render(picture) {
  drawings += 1;
  const drawing = drawings;
  const canvas = byId("spoilt", HTMLCanvasElement);
  const { width, height } = picture;
  [canvas.width, canvas.height] = [width, height];
  const context = contextOf(canvas, { willReadFrequently: true });
  turn(context, picture, value("rotation"));
  let pixels = context.getImageData(0, 0, width, height);
  if (value("brightness")) pixels = brightness(pixels, value("brightness"));
  if (value("contrast")) pixels = contrast(pixels, value("contrast"));
  if (value("blur")) pixels = blur(pixels, value("blur"));
  if (value("noise")) pixels = noise(pixels, value("noise"));
  if (value("pixels") > 1) pixels = pixelate(pixels, value("pixels"));
  context.putImageData(pixels, 0, 0);
  if (!value("jpeg")) return fileOf(canvas, "image/png");
  const blob = await fileOf(canvas, "image/jpeg", 1 - value("jpeg") / 100);
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

/** @param {View} view @param {Prediction} answer @param {boolean} corrupted */
function tell({ answer: before, model }, answer, corrupted) {
  bars.show(answer, { threshold: model.threshold, before: corrupted ? before : null });
  const changed = answer.label !== before.label;
  byId("spoilt-verdict").replaceChildren(
    corrupted ? (changed ? "Now it says " : "It still says ") : "It says ",
    h("strong", {}, answer.label),
    `, ${percent(answer.probability)}. `,
    corrupted ? `Before: ${before.label}, ${percent(before.probability)}.` : judgement(answer),
  );
  byId("spoilt-caption").textContent = corrupted ? "Spoilt, as it is sent" : "Not spoilt yet: move a slider";
  update(...TOLD);
}

const follow = latest(
  async (signal) => {
    const { view } = state;
    replace();
    if (!original || !view || isVeiled()) return;
    const subject = { blob: await render(original.bitmap), name: "spoilt" };
    const answer = await predict(subject, asking({ ...view, subject }), signal);
    const { truth } = view.answer;
    tell(view, { ...answer, truth: truth && { ...truth, correct: answer.label === truth.label } }, true);
  },
  { delay: 120 },
);

const begin = latest(async (signal) => {
  const { view } = state;
  if (!view || isVeiled()) return;
  const { subject } = view;
  try {
    const bitmap = original?.subject === subject ? original.bitmap : await decode(subject, signal);
    if (signal.aborted) return;
    original = { subject, bitmap };
  } catch (error) {
    if (!(error instanceof DOMException) || signal.aborted) throw error;
    // The service reads some pictures that this browser does not.
    original = null;
    byId("spoilt-caption").textContent = "This browser can’t read the picture, so it can’t spoil it either.";
    return;
  }
  if (!untouched()) return follow();
  await render(original.bitmap);
  tell(view, view.answer, false);
});

/** @param {{name: string, neutral: number, unit: string}} slider */
function label({ name, neutral, unit }) {
  const now = value(name);
  byId(`spoil-${name}-value`).textContent =
    now === neutral
      ? "–"
      : `${now > 0 && neutral === 0 && ["brightness", "contrast"].includes(name) ? "+" : ""}${now}${unit}`;
}

/** The settings that are not as at first. */
const write = () =>
  Object.fromEntries(SLIDERS.map(({ name, neutral }) => [name, value(name) === neutral ? undefined : value(name)]));

/** @param {URLSearchParams} given */
function read(given) {
  const before = JSON.stringify(write());
  for (const slider of SLIDERS) {
    const { name, min, max, neutral, text } = slider;
    const range = { min, max, fallback: neutral, what: `values of ${text}`, instead: `it stays at ${neutral}` };
    inputOf(name).value = String(wholeNumber(given, name, range));
    label(slider);
  }
  if (JSON.stringify(write()) !== before) begin();
}

/** Makes the sliders, and has the answer follow them. */
export function start() {
  const reset = h(
    "button",
    {
      type: "button",
      id: "unspoil",
      onclick: () => {
        for (const slider of SLIDERS) {
          inputOf(slider.name).value = String(slider.neutral);
          label(slider);
        }
        begin();
        replace();
      },
    },
    "As it was",
  );
  byId("sliders").replaceChildren(
    ...SLIDERS.map((slider) => {
      const { name, text, min, max, step, neutral } = slider;
      const input = h("input", {
        id: `spoil-${name}`,
        type: "range",
        min: String(min),
        max: String(max),
        step: String(step),
        value: String(neutral),
        oninput: () => {
          label(slider);
          if (!original) return;
          if (untouched()) {
            begin();
            replace();
          } else {
            render(original.bitmap); // the picture follows at once, the answer in a moment
            follow();
          }
        },
      });
      return h(
        "label",
        {},
        h("span", {}, text),
        input,
        h("output", { id: `spoil-${name}-value`, for: `spoil-${name}` }, "–"),
      );
    }),
    reset,
  );
  byId("spoilt-bars").append(bars.element);
  onReveal(({ subject }) => {
    if (original?.subject !== subject) original = null;
    outdate(...TOLD);
    begin();
  });
  part(
    SLIDERS.map(({ name }) => name),
    { write, read },
  );
}
