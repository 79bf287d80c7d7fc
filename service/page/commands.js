// The same request elsewhere: in a terminal, in Python, in JavaScript.

import { query } from "./api.js";
import { byId, h } from "./dom.js";
import { onAnswer, options, state } from "./state.js";

/** @import { View } from "./state.js" */
/** @typedef {{address: string, index: number|null, name: string}} Asked name: of the file, where there is one */

const COPIED_MS = 2000;
// A string of any of these languages: what JSON escapes, all of them read.
const text = JSON.stringify;

/** A path as curl's -F reads it: what has a meaning there stands in quotes. @param {string} name */
const path = (name) => (/[,;"\\]/.test(name) ? `"${name.replace(/["\\]/g, "\\$&")}"` : name);

/** @type {Record<string, (asked: Asked) => string>} */
const LANGUAGES = {
  curl: ({ address, index, name }) =>
    index === null ? `curl -F 'image=@${path(name).replaceAll("'", "'\\''")}' '${address}'` : `curl '${address}'`,
  Python: ({ address, index, name }) =>
    index === null
      ? `import httpx

with open(${text(name)}, "rb") as file:
    answer = httpx.post(${text(address)}, files={"image": file}).raise_for_status().json()
print(answer["label"], answer["probability"])`
      : `import httpx

answer = httpx.get(${text(address)}).raise_for_status().json()
print(answer["label"], answer["probability"])`,
  JavaScript: ({ address, index }) =>
    index === null
      ? `const form = new FormData();
form.append("image", file); // a File, such as document.querySelector("input[type=file]").files[0]
const response = await fetch(${text(address)}, { method: "POST", body: form });
const answer = await response.json();
console.log(answer.label, answer.probability);`
      : `const response = await fetch(${text(address)});
const answer = await response.json();
console.log(answer.label, answer.probability);`,
};

let language = "curl";

/** @param {View} view @returns {Asked} */
function asked(view) {
  const { answer, subject } = view;
  const index = "index" in subject ? subject.index : null;
  const given = query({ index, ...options(view), fit: answer.input.fit === "stretch" ? "stretch" : undefined });
  const address = new URL(`predict${given && `?${given}`}`, location.href.split(/[?#]/)[0]).href;
  return { address, index, name: "index" in subject ? "" : subject.name };
}

function show() {
  if (state.view) byId("code").textContent = LANGUAGES[language](asked(state.view));
}

async function copy() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("code").textContent ?? "");
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(byId("code"));
    button.textContent = "Selected: now copy";
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}

/** Writes it down after every answer. */
export function start() {
  byId("languages").append(
    ...Object.keys(LANGUAGES).map((name) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "language",
          value: name,
          checked: name === language,
          onchange: () => {
            language = name;
            show();
          },
        }),
        ` ${name}`,
      ),
    ),
  );
  onAnswer(show);
  byId("copy").addEventListener("click", copy);
}
