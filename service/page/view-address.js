// Which picture and which model the address names.

import { isOfThisVisit, part, wholeNumber, wrong } from "./address.js";
import { find } from "./own-pictures.js";
import { addressed, options, restore, state } from "./state.js";

/** @import { Subject } from "./state.js" */

const FIRST = 16;
const LAST = 9999;
const instead = `image ${FIRST} is shown`;
// A list of more names than this would be no sentence.
const MOST_NAMES = 8;

/** @param {URLSearchParams} given @returns {Subject} */
function subjectIn(given) {
  const own = given.get("own");
  const kept = own !== null && isOfThisVisit() ? find(Number(own)) : undefined;
  if (kept) return kept;
  if (own !== null)
    wrong("own", own, "that picture of your own is no longer here, as none is kept beyond the visit", instead);
  const range = { min: 0, max: LAST, fallback: FIRST, what: "test images", instead };
  return { index: wholeNumber(given, "index", range) };
}

/** @param {URLSearchParams} given */
function modelIn(given) {
  const fallback = state.models.find((model) => model.default) ?? state.models[0];
  const name = given.get("model") ?? fallback.name;
  const versions = state.models
    .filter((model) => model.name === name)
    .sort((one, other) => other.version - one.version);
  if (!versions.length) {
    const names = [...new Set(state.models.map((model) => model.name))];
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
    wrong("model", name, `the models are ${names.slice(0, MOST_NAMES).join(", ")}${more}`, `${fallback.name} answers`);
    return fallback;
  }
  const version = given.get("version");
  const found = versions.find((model) => String(model.version) === version);
  if (version !== null && !found) {
    const there = versions.map((model) => model.version).join(", ");
    wrong("version", version, `${name} has version ${there}`, `version ${versions[0].version} answers`);
  }
  return found ?? versions[0];
}

/** Registers them. */
export function start() {
  part(["index", "own", "model", "version", "fit"], {
    write: () => {
      const shown = addressed();
      if (!shown) return {};
      const { subject, fit } = shown;
      const picture =
        "index" in subject
          ? { index: subject.index }
          : { own: subject.own, fit: fit === "stretch" ? "stretch" : undefined };
      return { ...picture, ...options(shown) };
    },
    read: (given) => {
      const subject = subjectIn(given);
      const model = modelIn(given);
      const fit = given.get("fit") ?? "crop";
      if (fit !== "crop" && fit !== "stretch") wrong("fit", fit, "it is crop or stretch", "crop is taken");
      restore({ subject, model, fit: fit === "stretch" ? "stretch" : "crop", how: "opened" });
    },
  });
}
