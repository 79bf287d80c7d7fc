// The service's public API, as this page uses it. `make check` makes openapi.d.ts, its types, from /openapi.json.

/** @import { AllAnswers, Card, Explanation, ModelName, OfferedModel, operations, Prediction, Problem } from "./openapi.js" */

/** The service did not answer at all. */
export class Away extends Error {}

/** The service refused, with a problem document (RFC 9457). */
export class Refused extends Error {
  /** @param {number} status @param {Partial<Problem>} problem @param {number} retryAfter seconds, 0 where none are named */
  constructor(status, problem, retryAfter) {
    super(problem.detail || `The service answered with status ${status}.`);
    this.status = status;
    this.name = (problem.type || "").split("/").pop() || "unknown";
    this.retryAfter = retryAfter;
  }
}

/** @typedef {{index: number} | {blob: Blob, name: string, own?: number}} Subject a test image or a picture; own: its number, if it is the user's */
/** @typedef {NonNullable<operations["predict_picture"]["parameters"]["query"]>} PredictOptions */
/** @typedef {NonNullable<operations["explain_picture"]["parameters"]["query"]>} ExplainOptions */

// Kept for as long as the page is open, and nowhere else.
let key = "";

/** @param {string} given */
export const setKey = (given) => {
  key = given;
};

/** Whether requests carry a key. */
export const hasKey = () => key !== "";

/** @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} */
async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Away("The service is away.");
  }
  if (response.ok) return response;
  if (response.status === 502 || response.status === 504) throw new Away("The service is away.");
  const problem = await response.json().catch(() => ({}));
  throw new Refused(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}

/** @param {Record<string, string|number|boolean|null|undefined>} values those that are undefined or empty are left out */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** @param {string} path @param {Subject} subject @param {ExplainOptions} options @param {AbortSignal} [signal] */
async function about(path, subject, options, signal) {
  const response =
    "index" in subject
      ? await ask(`${path}?${query({ index: subject.index, ...options })}`, { signal })
      : await ask(`${path}?${query(options)}`, {
          method: "POST",
          body: subject.blob,
          // The service goes by the bytes; a type that is none of an image's would be refused unread.
          headers: { "Content-Type": subject.blob.type.startsWith("image/") ? subject.blob.type : "image/unknown" },
          signal,
        });
  return response.json();
}

/** @param {Subject} subject @param {PredictOptions} options @param {AbortSignal} [signal] @returns {Promise<Prediction>} */
export const predict = (subject, options, signal) => about("predict", subject, options, signal);

/** @param {Subject} subject @param {ExplainOptions} options @param {AbortSignal} [signal] @returns {Promise<Explanation>} */
export const explain = (subject, options, signal) => about("explain", subject, options, signal);

/** @param {number[]} indices @param {PredictOptions} options @returns {Promise<Prediction[]>} */
export const predictAll = async (indices, options) => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ indices });
  return (await (await ask(`predict?${query(options)}`, { method: "POST", headers, body })).json()).predictions;
};

/** @param {string} origin of this page @param {AbortSignal} [signal] @returns {Promise<{addresses: {url: string, qr: string}[], note: string}>} */
export const share = async (origin, signal) => (await ask(`share?${query({ origin })}`, { signal })).json();

/** @param {AbortSignal} [signal] @returns {Promise<OfferedModel[]>} */
export const models = async (signal) => (await (await ask("models", { signal })).json()).models;

/** @param {ModelName} model @param {AbortSignal} [signal] @returns {Promise<Card>} */
export const card = async (model, signal) =>
  (
    await ask(`model-card?${query({ model: model.name, version: model.version })}`, {
      headers: { Accept: "application/json" },
      signal,
    })
  ).json();

/** @param {ModelName} model @param {AbortSignal} [signal] @returns {Promise<AllAnswers>} */
export const answers = async (model, signal) =>
  (await ask(`answers?${query({ model: model.name, version: model.version })}`, { signal })).json();

/** The picture itself. @param {number} index @param {AbortSignal} [signal] */
export const testImage = async (index, signal) => (await ask(`images/${index}.png`, { signal })).blob();

/** The picture of a human face. @param {AbortSignal} [signal] */
export const portrait = async (signal) => (await ask("page/portrait.jpg", { signal })).blob();

// What a proxy says of a service that is away, and the service itself of one that is going.
const GONE = [502, 503, 504];
const HEALTH_MS = 5000;

/** Whether the service answers again, be it that it wants a key for this. */
export const healthy = () =>
  fetch("health", { cache: "no-store", signal: AbortSignal.timeout(HEALTH_MS) }).then(
    ({ status }) => !GONE.includes(status),
    () => false,
  );
