// The eight steps of a seminar hour. What they say in numbers is asked of the service when a step is opened.

import { allAnswers } from "./browse.js";
import { h, percent, thousands } from "./dom.js";

/** @import { AllAnswers, Card, OfferedModel, Prediction } from "./openapi.js" */
/** @typedef {{models: OfferedModel[], first: OfferedModel, card: () => Promise<Card>, predict: (indices: number[]) => Promise<Prediction[]>}} Live what can be asked; first: the default model */
/** @typedef {{index?: number, model?: OfferedModel, noise?: number, guessing?: boolean}} Preset */
/**
 * @typedef {object} Step
 * @property {string} title
 * @property {number} minutes
 * @property {string} question
 * @property {string} task
 * @property {string} place the id of the part of the page that it works with
 * @property {(live: Live) => Promise<Preset>} preset
 * @property {(live: Live) => Promise<(Node|string)[]>} notes for whoever leads the hour, one paragraph each
 */

const SIXTEEN = Array.from({ length: 16 }, (_, i) => i + 1);
const LOOKED_AT = 300;

/** @param {AllAnswers} given @param {number[]} [indices] of test images; all if absent */
function right({ answers, truths }, indices = answers.map((_, i) => i)) {
  return indices.filter((i) => answers[i] === truths[i]).length;
}

/** @param {AllAnswers} given @param {string} truth @param {string} answer */
function confused({ labels, answers, truths }, truth, answer) {
  const [wanted, said] = [labels.indexOf(truth), labels.indexOf(answer)];
  return answers.flatMap((each, i) => (each === said && truths[i] === wanted ? [i] : []));
}

/** The models from which a class was kept away. @param {Live} live */
const crippled = ({ models }) =>
  models.filter(({ name }) => name.startsWith("missing-") && !name.endsWith("-repaired"));

/** @param {number|null|undefined} value */
const share = (value) => (value === null || value === undefined ? "(not measured)" : percent(value));

/** @type {Step[]} */
export const STEPS = [
  {
    title: "Sixteen pictures",
    minutes: 8,
    question: "What is it? And is the network any better at it than you?",
    task: "Guess test image 16, then 1 to 15, each before the network answers. Keep count of both.",
    place: "try",
    preset: async ({ first }) => ({ index: 16, model: first, guessing: true }),
    notes: async ({ first, card }) => {
      const [all, { quantitative_analyses: measured }] = await Promise.all([allAnswers(first), card()]);
      return [
        `On images 1 to 16 ${first.name} is right ${right(all, SIXTEEN)} times, on all ${thousands(all.answers.length)} test images ${percent(right(all) / all.answers.length)} of the time. Ask what sixteen pictures can prove before you tell.`,
        `People agreed with the labels of such pictures ${share(measured.people.value)} of the time, by the model card’s source.`,
      ];
    },
  },
  {
    title: "Learnt by heart",
    minutes: 7,
    question: "Why is it right more often about pictures that it has learnt from?",
    task: "An epoch is one round through all the training images. Say from the loss why “overfitting” begins where it does. Then look at the accuracy: does it agree? When would you have stopped?",
    place: "figures",
    preset: async () => ({ guessing: false }),
    notes: async ({ card }) => {
      const { splits } = (await card()).quantitative_analyses;
      return [
        `It is right about ${share(splits.train?.accuracy.value)} of its training images, ${share(splits.validation?.accuracy.value)} of the validation images and ${share(splits.test?.accuracy.value)} of the test images: that gap is overfitting.`,
        "Which of these three would a seller print on the box?",
      ];
    },
  },
  {
    title: "An automobile for a bird",
    minutes: 7,
    question: "What is there in an automobile that could be taken for a bird?",
    task: "Cover the picture patch by patch. Which part does the answer hang on, and would you have gone by that?",
    place: "why",
    preset: async ({ first }) => {
      const [index] = confused(await allAnswers(first), "automobile", "bird");
      return { index, model: first, guessing: false };
    },
    notes: async ({ first }) => {
      const all = await allAnswers(first);
      return [
        `It takes ${confused(all, "automobile", "bird").length} automobiles for a bird and ${confused(all, "bird", "automobile").length} birds for an automobile, of ${thousands(all.truths.filter((truth) => truth === all.labels.indexOf("bird")).length)} of each.`,
        "The map shows where the answer changes, not why. A map that looks sensible does not make the answer right.",
      ];
    },
  },
  {
    title: "Sure and wrong",
    minutes: 7,
    question: "When it is sure, may you believe it?",
    task: "This is a mistake that it is sure of. Read how often it was right when it was about as sure. Where would you set the threshold, and who pays?",
    place: "try",
    preset: async ({ first, predict }) => {
      const { answers, truths } = await allAnswers(first);
      const wrong = answers.flatMap((answer, i) => (answer === truths[i] ? [] : [i])).slice(0, LOOKED_AT);
      const said = await predict(wrong);
      const surest = said.reduce((best, each, i) => (each.probability > said[best].probability ? i : best), 0);
      return { index: wrong[surest], model: first, guessing: false };
    },
    notes: async ({ card, first }) => {
      const { test_error: error, test_coverage: coverage } = (await card()).metrics.decision;
      return [
        `Of the first ${LOOKED_AT} mistakes this is the one that it is surest of.`,
        `From its threshold of ${first.threshold === null ? "(none)" : first.threshold.toFixed(3)} on it is wrong ${share(error.value)} of the time, about the ${share(coverage.value)} of the test images of which it is so sure.`,
      ];
    },
  },
  {
    title: "Spoilt pictures",
    minutes: 7,
    question: "You still know what it is. Does the network?",
    task: "Add noise until it changes its mind, and note how much it took. Then try blur, and your own picture.",
    place: "spoil-title",
    preset: async ({ first }) => ({ index: 16, model: first, noise: 25, guessing: false }),
    notes: async ({ card }) => {
      const { corruptions } = (await card()).quantitative_analyses.robustness;
      const worst = [...corruptions]
        .filter(({ accuracy }) => accuracy.value !== null)
        .sort((one, other) => (one.accuracy.value ?? 0) - (other.accuracy.value ?? 0))[0];
      return [
        worst
          ? `The card has measured such pictures: under ${worst.corruption}, at severity ${worst.severity}, it is right ${share(worst.accuracy.value)} of the time.`
          : "This model’s card has not measured spoilt pictures.",
        "A camera in a street takes no test images.",
      ];
    },
  },
  {
    title: "Who was missing",
    minutes: 9,
    question: "One group was kept away while it learnt. Who would notice?",
    task: "Compare the models’ answers. Then look for a picture that they disagree on, and for what the average says.",
    place: "models-title",
    preset: async (live) => {
      const [model] = crippled(live);
      if (!model) return { guessing: false };
      const [whole, lacking] = await Promise.all([allAnswers(live.first), allAnswers(model)]);
      const group = whole.labels.indexOf(model.name.replace("missing-", ""));
      const index = whole.truths.findIndex(
        (truth, i) => truth === group && whole.answers[i] === truth && lacking.answers[i] !== truth,
      );
      return { index: index < 0 ? undefined : index, model, guessing: false };
    },
    notes: async (live) => {
      const models = [live.first, ...crippled(live)];
      if (models.length < 2)
        return ["There is no model here from which a group was kept away, so this can’t be shown."];
      const rows = await Promise.all(
        models.map(async (model) => {
          const all = await allAnswers(model);
          return h(
            "li",
            {},
            `${model.name}: ${right(all, SIXTEEN)} of images 1 to 16, ${percent(right(all) / all.answers.length)} of all`,
          );
        }),
      );
      return [
        "Right were:",
        h("ul", { class: "plain" }, ...rows),
        "Compare the two columns: on sixteen pictures a model from which nearly all of a group was kept away can come out ahead.",
      ];
    },
  },
  {
    title: "No word for a person",
    minutes: 6,
    question: "What should it have answered?",
    task: "Read the answer to the portrait. Then write the caveat that you would want to stand beside it.",
    place: "portrait-title",
    preset: async ({ first }) => ({ model: first, guessing: false }),
    notes: async () => [
      "The ten words were chosen before anybody asked. The probabilities add up to 1 whatever the picture shows.",
      "A system that searches a list of suspects can say that nobody matches. Ask what that changes, and what not.",
    ],
  },
  {
    title: "Who bears it",
    minutes: 9,
    question: "Who decides, who errs, and who pays for it?",
    task: "In threes: take one point below and one of the texts, and say what you would demand before such a system is used on people.",
    place: "discuss",
    preset: async () => ({ guessing: false }),
    notes: async () => [
      "The points are those of Wall (2019, BBC), with Preez (2024, diginomica) on scale and Gargaro (2024, ITPro) on transparency and accountability. They are about faces; this network knows none.",
      "The model card’s part “Whom it may hurt” says of each point what this network can show, and where it shows nothing.",
    ],
  },
];
