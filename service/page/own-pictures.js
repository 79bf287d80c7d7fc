// Pictures of one's own: the last few are kept while the page is open, so that back and forward find them.

import { remembered } from "./memory.js";

/** @typedef {{blob: Blob, name: string, own: number}} OwnPicture own: its number */

const MOST = 5;

/** @type {Map<number, OwnPicture>} */
const kept = new Map();

/** Numbers go on from those that are remembered, so that none is given twice. */
const last = () =>
  Math.max(0, ...kept.keys(), ...remembered().tries.map(({ source, index }) => (source === "own" ? index : 0)));

/** @param {Blob} blob @param {string} name @returns {OwnPicture} */
export function keep(blob, name) {
  const picture = { blob, name, own: last() + 1 };
  kept.set(picture.own, picture);
  for (const own of [...kept.keys()].slice(0, -MOST)) kept.delete(own);
  return picture;
}

/** @param {number} own */
export const find = (own) => kept.get(own);

/** One that was refused. @param {number} own */
export const drop = (own) => kept.delete(own);
