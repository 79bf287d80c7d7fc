// Corruptions of a picture. Each takes pixels (ImageData) and gives new ones; sizes are in pixels of the model's 32,
// so that a setting means the same for a small picture and a large one.

const MODEL_SIDE = 32;

/** How many of the picture's pixels make one of the model's. @param {{width: number, height: number}} pixels */
const grain = ({ width, height }) => Math.max(1, Math.min(width, height) / MODEL_SIDE);

/** @param {ImageData} pixels @param {(value: number) => number} change */
function each(pixels, change) {
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 1) if (i % 4 !== 3) data[i] = change(data[i]);
  return pixels;
}

/** @param {ImageData} pixels @param {number} amount from -100 to 100 */
export const brightness = (pixels, amount) => each(pixels, (value) => value + 2.55 * amount);

/** @param {ImageData} pixels @param {number} amount from -100 (all grey) to 100 */
export const contrast = (pixels, amount) =>
  each(pixels, (value) => 128 + (value - 128) * (amount < 0 ? 1 + amount / 100 : 1 + amount / 25));

/** Three box blurs, one after another, are close to a Gaussian one. @param {ImageData} pixels @param {number} amount in the model's pixels */
export function blur(pixels, amount) {
  const radius = Math.round(amount * grain(pixels));
  for (let pass = 0; pass < 3 && radius; pass += 1) {
    box(pixels, radius, 4, pixels.width, 4 * pixels.width, pixels.height);
    box(pixels, radius, 4 * pixels.width, pixels.height, 4, pixels.width);
  }
  return pixels;
}

/** @param {ImageData} pixels @param {number} radius @param {number} step along a line @param {number} length of it @param {number} across to the next @param {number} lines */
function box({ data }, radius, step, length, across, lines) {
  const line = new Float32Array(length);
  for (let number = 0; number < lines; number += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const start = number * across + channel;
      for (let i = 0; i < length; i += 1) line[i] = data[start + i * step];
      const at = (/** @type {number} */ i) => line[Math.min(length - 1, Math.max(0, i))];
      let sum = 0;
      for (let i = -radius; i <= radius; i += 1) sum += at(i);
      for (let i = 0; i < length; i += 1) {
        data[start + i * step] = sum / (2 * radius + 1);
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
  }
}

/** The same noise each time, so that it does not flicker (mulberry32). @param {number} seed */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Gaussian noise, as coarse as the model's pixels, as finer noise would be averaged away. @param {ImageData} pixels @param {number} amount standard deviation, in levels of 255 */
export function noise(pixels, amount) {
  const next = random(888);
  const cell = Math.max(1, Math.round(grain(pixels)));
  const columns = Math.ceil(pixels.width / cell);
  const values = new Float32Array(columns * Math.ceil(pixels.height / cell) * 3);
  for (let i = 0; i < values.length; i += 1)
    values[i] = amount * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  for (let y = 0, i = 0; y < pixels.height; y += 1) {
    for (let x = 0; x < pixels.width; x += 1, i += 4) {
      const at = 3 * (Math.floor(y / cell) * columns + Math.floor(x / cell));
      for (let channel = 0; channel < 3; channel += 1) pixels.data[i + channel] += values[at + channel];
    }
  }
  return pixels;
}

/** Squares of one colour each. @param {ImageData} pixels @param {number} amount side of a square, in the model's pixels */
export function pixelate(pixels, amount) {
  const cell = Math.max(1, Math.round(amount * grain(pixels)));
  const { data, width, height } = pixels;
  for (let top = 0; top < height; top += cell) {
    for (let left = 0; left < width; left += cell) {
      const sum = [0, 0, 0];
      const [bottom, right] = [Math.min(height, top + cell), Math.min(width, left + cell)];
      for (let y = top; y < bottom; y += 1)
        for (let x = left; x < right; x += 1) for (let c = 0; c < 3; c += 1) sum[c] += data[4 * (y * width + x) + c];
      const count = (bottom - top) * (right - left);
      for (let y = top; y < bottom; y += 1)
        for (let x = left; x < right; x += 1)
          for (let c = 0; c < 3; c += 1) data[4 * (y * width + x) + c] = sum[c] / count;
    }
  }
  return pixels;
}
