// The little statistics that this page does by itself.

const Z95 = 1.959964;

/**
 * The 95 % interval of a share, after Wilson (1927): it holds for small numbers too.
 * @param {number} right @param {number} n at least 1
 * @returns {{lower: number, upper: number}}
 */
export function wilson(right, n) {
  const share = right / n;
  const scale = 1 + Z95 ** 2 / n;
  const middle = (share + Z95 ** 2 / (2 * n)) / scale;
  const half = (Z95 / scale) * Math.sqrt((share * (1 - share)) / n + Z95 ** 2 / (4 * n ** 2));
  return { lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) };
}

/** How many tries make the interval about this wide on either side. @param {number} share @param {number} half */
export const needed = (share, half) => Math.ceil((Z95 ** 2 * share * (1 - share)) / half ** 2);

/**
 * How likely two that are equally good differ as far as this or farther: the exact sign test, as McNemar's for pairs.
 * @param {number} one how often only the one was right @param {number} other how often only the other was
 */
export function signTest(one, other) {
  const n = one + other;
  let term = 0.5 ** n; // n over 0, halved n times
  let tail = term;
  for (let k = 1; k <= Math.min(one, other); k += 1) {
    term *= (n - k + 1) / k;
    tail += term;
  }
  return Math.min(1, 2 * tail);
}
