// The tries as a table for a spreadsheet (RFC 4180), made in the browser.

/** @import { Try } from "./memory.js" */

/** @type {[string, (attempt: Try) => string|number|boolean][]} */
const COLUMNS = [
  ["time", ({ time }) => time],
  ["model", ({ model }) => model],
  ["version", ({ version }) => version],
  ["source", ({ source }) => (source === "own" ? "own picture" : "test image")],
  ["index", ({ index }) => index],
  ["truth", ({ truth }) => truth],
  ["your guess", ({ guess }) => guess ?? ""],
  ["network's answer", ({ answer }) => answer],
  ["probability", ({ probability }) => probability],
  ["network right", ({ answer, truth }) => answer === truth],
  ["you right", ({ guess, truth }) => (guess === null ? "" : guess === truth)],
];

// A spreadsheet skips what can't be seen before it looks for the sign of a formula.
const FORMULA = /^[\s\p{C}]*[=+\-@]|^[\t\r\n]/u;

/** A field; what a spreadsheet would take for a formula begins with an apostrophe. @param {string|number|boolean} value */
function field(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {readonly Try[]} tries */
export const csv = (tries) =>
  [COLUMNS.map(([name]) => name), ...tries.map((attempt) => COLUMNS.map(([, value]) => value(attempt)))]
    .map((row) => `${row.map(field).join(",")}\r\n`)
    .join("");

/** Saves a text as a file of this name. @param {string} text @param {string} name */
export function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
