// What is still about the picture or the model before: unless what is new comes at once, it goes out of sight till then.

import { byId } from "./dom.js";

/** @param {...string} ids */
export const outdate = (...ids) => {
  for (const id of ids) byId(id).setAttribute("aria-busy", "true");
};

/** That these are about what is on show again. @param {...string} ids */
export const update = (...ids) => {
  for (const id of ids) byId(id).removeAttribute("aria-busy");
};
