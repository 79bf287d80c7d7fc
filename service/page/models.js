// The same picture through all the models, side by side.

import { judgement } from "./answer.js";
import { predict } from "./api.js";
import { Bars } from "./bars.js";
import { allAnswers, go } from "./browse.js";
import { byId, h, percent, whenNear } from "./dom.js";
import { onReveal } from "./guess.js";
import { outdate, update } from "./outdated.js";
import { asking, state, turn } from "./state.js";
import { latest } from "./task.js";
import { say } from "./trouble.js";

/** @import { OfferedModel } from "./openapi.js" */

// How many classes the other models show.
const SHORT = 3;

/** @type {Map<OfferedModel, {bars: Bars, words: HTMLElement}>} */
const columns = new Map();
let near = false;

/** The highest version of each, the default model first. */
function chosen() {
  /** @type {Map<string, OfferedModel>} */
  const highest = new Map();
  for (const model of state.models)
    if (model.version >= (highest.get(model.name)?.version ?? 0)) highest.set(model.name, model);
  return [...highest.values()].sort((one, other) => Number(other.default) - Number(one.default));
}

/** In a few words. @param {OfferedModel} model */
function trainedOn({ name, accuracy, default: first }) {
  const [, group, repaired] = name.match(/^missing-(.+?)(-repaired)?$/) ?? [];
  const learnt = group
    ? repaired
      ? `99 in 100 ${group}s taken away; each one left counts a hundredfold.`
      : `99 in 100 ${group}s taken away.`
    : first
      ? "Learnt from all of the training data."
      : "";
  return `${learnt} ${accuracy ? `Over all classes right ${percent(accuracy.value)} of the time.` : ""}`;
}

const compare = latest(
  async (signal) => {
    const { view } = state;
    if (!view) return;
    const models = chosen();
    const answers = await Promise.all(models.map((model) => predict(view.subject, asking({ ...view, model }), signal)));
    models.forEach((model, i) => {
      const column = columns.get(model);
      if (!column) return;
      column.words.replaceChildren(
        "Says ",
        h("strong", {}, answers[i].label),
        `, ${percent(answers[i].probability)}. `,
        answers[i].truth ? judgement(answers[i]) : "",
      );
      column.bars.show(answers[i], { most: model.default ? undefined : SHORT });
    });
    if (!signal.aborted) update("models");
  },
  { delay: 150 },
);

const findDisagreement = latest(async (signal) => {
  const [first, ...others] = chosen();
  const lacking = others.filter((model) => model.name.startsWith("missing-") && !model.name.endsWith("-repaired"));
  const other = lacking[Math.floor(Math.random() * lacking.length)] ?? others[0];
  if (!other) return say("There is only one model here.");
  const isNewest = turn();
  const [one, two] = await Promise.all([allAnswers(first), allAnswers(other)]);
  if (signal.aborted || !isNewest()) return;
  const missing = one.labels.indexOf(other.name.replace("missing-", ""));
  const found = one.answers.flatMap((answer, i) =>
    answer === one.truths[i] && two.answers[i] !== answer && (missing < 0 || answer === missing) ? [i] : [],
  );
  if (found.length) go(found[Math.floor(Math.random() * found.length)], { how: "picked" });
});

/** Lists the models, and asks them all once this part comes into view. */
export function start() {
  const box = byId("models");
  box.replaceChildren(
    ...chosen().map((model) => {
      const bars = new Bars(`Likeliest classes, by ${model.name}`);
      const words = h("p", { class: "small-verdict" }, "…");
      columns.set(model, { bars, words });
      return h(
        "section",
        { class: `model${model.default ? " default" : ""}`, "aria-label": model.name },
        h("h4", {}, model.name),
        h("p", { class: "quiet" }, trainedOn(model)),
        words,
        bars.element,
      );
    }),
  );
  byId("disagree").addEventListener("click", () => findDisagreement());
  onReveal(() => {
    if (!near) return;
    outdate("models");
    compare();
  });
  whenNear(box, () => {
    near = true;
    if (state.view) compare();
  });
}
