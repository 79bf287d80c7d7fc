// Small helpers that make elements and words.

/**
 * The element with this id, of the kind named.
 * @template {HTMLElement} Kind
 * @overload
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
/**
 * The element with this id.
 * @overload
 * @param {string} id
 * @returns {HTMLElement}
 */
/** @param {string} id @param {new () => HTMLElement} kind */
export function byId(id, kind = HTMLElement) {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new TypeError(`The page has no ${kind.name} with the id ${id}.`);
}

/** What is drawn with on a canvas. @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (context) return context;
  throw new Error("This browser has no canvas to draw on.");
}

/** What is drawn on a canvas, as a file. @param {HTMLCanvasElement} canvas @param {string} type @param {number} [quality] @returns {Promise<Blob>} */
export const fileOf = (canvas, type, quality) =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, quality),
  );

/**
 * Properties of an element; `class`, `role`, `for` and those with a hyphen are set as attributes.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @typedef {Omit<Partial<HTMLElementTagNameMap[Tag]>, "role"> & {
 *   class?: string, role?: string, for?: string, [attribute: `${string}-${string}`]: string | null | undefined}} Given
 */

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Given<Tag>} [given] those that are null or undefined are left out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, given, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined) continue;
    if (name === "class" || name === "role" || name === "for" || name.includes("-"))
      element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An SVG element. @param {string} tag @param {Record<string, string|number>} [attributes] @param {...(Node|string)} children */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** A share in per cent, with as many digits as keep 0 % and 100 % for exactly that. @param {number} share */
export function percent(share) {
  const value = 100 * share;
  const digits = (value > 0 && value < 9.95) || (value >= 99.5 && value < 100) ? 1 : 0;
  if (value > 0 && value < 0.05) return "< 0.1 %";
  if (value > 99.9 && value < 100) return "> 99.9 %";
  return `${value.toFixed(digits)} %`;
}

/** "a" or "an" and the word. @param {string} word */
export const a = (word) => `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;

/** @param {number} n */
export const thousands = (n) => n.toLocaleString("en");

/** Parts that nobody has come near to yet: what brings them. @type {Set<() => void>} */
const far = new Set();

/** Calls back once, when the element first comes near the view. @param {Element} element @param {() => void} callback */
export function whenNear(element, callback) {
  const bring = () => {
    observer.disconnect();
    far.delete(bring);
    callback();
  };
  const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && bring(), {
    rootMargin: "300px",
  });
  observer.observe(element);
  far.add(bring);
}

/** Whether parts wait until somebody comes near. */
export const isPartial = () => far.size > 0;

/** Brings all the parts that wait. */
export function bringAll() {
  for (const bring of far) bring();
}
