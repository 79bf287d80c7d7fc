// What must not be told yet: the elements marked data-veil wait behind a sentence, or, marked data-veil="silent", behind nothing.

/** @type {string|null} */
let sentence = null;

/** Whether something is withheld now. */
export const isVeiled = () => sentence !== null;

/** @param {HTMLElement} element */
function note(element) {
  const before = element.previousElementSibling;
  if (before instanceof HTMLElement && before.classList.contains("veil")) return before;
  const made = document.createElement("p");
  made.className = "veil";
  element.before(made);
  return made;
}

function show() {
  for (const element of document.querySelectorAll("[data-veil]")) {
    if (!(element instanceof HTMLElement)) continue;
    element.hidden = isVeiled();
    if (element.dataset.veil === "silent") continue;
    note(element).hidden = !isVeiled();
    note(element).textContent = sentence;
  }
}

/** Withholds them all. @param {string} why */
export function veil(why) {
  sentence = why;
  show();
}

/** Shows them all. */
export function lift() {
  sentence = null;
  show();
}
