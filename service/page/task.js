// Work that is asked for again and again, of which only the last asked for counts.

import { clear, report } from "./trouble.js";

/** What is under way. @type {Set<AbortSignal>} */
const running = new Set();

/** What has failed and not succeeded since. @type {Set<unknown>} */
const failing = new Set();

/** Whether nothing is under way. */
export const isQuiet = () => !running.size;

/** Whether nothing is under way, and nothing has failed for good or until it is tried again. */
export const isComplete = () => isQuiet() && !failing.size;

/**
 * @template {unknown[]} Arguments
 * @param {(signal: AbortSignal, ...args: Arguments) => Promise<void>} job
 * @param {{delay?: number | (() => number), failed?: (error: unknown) => boolean}} [options] delay: milliseconds of quiet before it begins;
 *   failed: whether it has told of the failure itself
 * @returns {(...args: Arguments) => void} begins the job; a job under way is cancelled
 */
export function latest(job, { delay = 0, failed } = {}) {
  let controller = new AbortController();
  let timer = 0;

  /** @param {Arguments} args */
  function run(...args) {
    controller.abort();
    running.delete(controller.signal);
    clearTimeout(timer);
    controller = new AbortController();
    const { signal } = controller;
    running.add(signal);
    timer = window.setTimeout(
      async () => {
        try {
          await job(signal, ...args);
          if (signal.aborted) return;
          failing.delete(run);
          clear(run);
        } catch (error) {
          if (signal.aborted) return;
          if (failed?.(error)) return clear(run);
          failing.add(run);
          report(error, run, () => run(...args));
        } finally {
          running.delete(signal);
        }
      },
      typeof delay === "function" ? delay() : delay,
    );
  }

  return run;
}
