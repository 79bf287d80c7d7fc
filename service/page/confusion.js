// What is taken for what: the confusion matrix, and the test images behind each of its cells.

import { a, byId, h, percent, thousands } from "./dom.js";
import { figure } from "./plot.js";

/** @import { Card, OfferedModel } from "./openapi.js" */
/**
 * What there is only one of on a page.
 * @typedef {Pick<typeof import("./browse.js"), "allAnswers"|"go"> & Pick<typeof import("./images.js"), "showTestImage"> &
 *   Pick<typeof import("./task.js"), "latest">} Shared
 */

const AT_ONCE = 60;

/** @param {Card} card @param {OfferedModel} model @param {Shared} shared */
export function confusion(card, model, shared) {
  const matrix = card.quantitative_analyses.confusion_matrix;
  const { labels } = card.contract;
  if (!matrix.length) return null;
  const gallery = h(
    "div",
    { class: "gallery", id: "gallery", "aria-live": "polite" },
    h("p", { class: "quiet" }, "Choose a cell to see its test images."),
  );

  const open = shared.latest(async (signal, /** @type {number} */ truth, /** @type {number} */ answer) => {
    const { answers, truths } = await shared.allAnswers(model);
    if (signal.aborted) return;
    const found = answers.flatMap((said, i) => (said === answer && truths[i] === truth ? [i] : []));
    fill(gallery, found, total(matrix[truth]), labels[truth], labels[answer], shared);
  });

  const rows = matrix.map((counts, truth) => {
    const all = total(counts);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, labels[truth]),
      ...counts.map((count, answer) => {
        const share = all ? count / all : 0;
        const text = `${thousands(count)} of ${thousands(all)} ${labels[truth]}s called ${labels[answer]}`;
        const button = h(
          "button",
          {
            type: "button",
            tabIndex: truth || answer ? -1 : 0,
            title: text,
            "aria-label": text,
            onclick: () => {
              for (const other of table.querySelectorAll("[aria-pressed=true]"))
                other.setAttribute("aria-pressed", "false");
              button.setAttribute("aria-pressed", "true");
              open(truth, answer);
            },
            "aria-pressed": "false",
          },
          String(count),
        );
        button.style.setProperty("--share", String(Math.sqrt(share)));
        return h("td", { class: truth === answer ? "hit" : "miss" }, button);
      }),
    );
  });
  const table = h(
    "table",
    { class: "confusion" },
    h("caption", { class: "quiet" }, "Rows: what it is. Columns: what it was called. Arrow keys move, Enter opens."),
    h("thead", {}, h("tr", {}, h("td"), ...labels.map((label) => h("th", { scope: "col" }, h("span", {}, label))))),
    h("tbody", {}, ...rows),
  );
  table.addEventListener("keydown", (event) => walk(event, table, labels.length));
  return figure("What it takes for what", [h("div", { class: "matrix" }, table, gallery)], "wide");
}

/** @param {number[]} counts */
const total = (counts) => counts.reduce((sum, count) => sum + count, 0);

/** Only one cell is in the tab order; the arrow keys go to the others. @param {KeyboardEvent} event @param {HTMLTableElement} table @param {number} side */
function walk(event, table, side) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side };
  const step = steps[event.key];
  const buttons = [...table.querySelectorAll("button")];
  const from = event.target instanceof HTMLButtonElement ? buttons.indexOf(event.target) : -1;
  if (!step || from < 0) return;
  event.preventDefault();
  event.stopPropagation();
  const sideways = Math.abs(step) === 1;
  const to = from + step;
  if (to < 0 || to >= buttons.length || (sideways && Math.floor(to / side) !== Math.floor(from / side))) return;
  buttons[from].tabIndex = -1;
  buttons[to].tabIndex = 0;
  buttons[to].focus();
}

/** @param {HTMLElement} gallery @param {number[]} found @param {number} all @param {string} truth @param {string} answer @param {Shared} shared */
function fill(gallery, found, all, truth, answer, { go, showTestImage }) {
  const list = h("div", { class: "images" });
  let shown = 0;
  const more = h("button", { type: "button", onclick: () => add() });
  function add() {
    for (const index of found.slice(shown, shown + AT_ONCE)) {
      const img = h("img", { alt: "", width: 32, height: 32, loading: "lazy" });
      showTestImage(img, index);
      list.append(
        h(
          "button",
          {
            type: "button",
            "aria-label": `Test image ${index}: ${a(truth)} called ${answer}`,
            onclick: () => {
              go(index, { how: "known" });
              byId("try").scrollIntoView();
            },
          },
          img,
        ),
      );
    }
    shown = Math.min(found.length, shown + AT_ONCE);
    more.hidden = shown === found.length;
    more.textContent = `Show more (${found.length - shown} left)`;
  }
  add();
  const share = h(
    "p",
    { class: "quiet" },
    found.length
      ? `${percent(found.length / all)} of the ${thousands(all)} ${truth}s. Choose one to look at it above.`
      : "None at all.",
  );
  gallery.replaceChildren(h("h4", {}, `${thousands(found.length)} × ${truth} called ${answer}`), share, list, more);
}
