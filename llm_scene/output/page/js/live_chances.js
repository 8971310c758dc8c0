// From logits to the next token, as llm_scene/network/sampling.py has it.

/** @typedef {import("./data").Live["sampling"]} Sampling */

/** Shares that add up to 1; logits that are left out have none. @param {ArrayLike<number>} logits */
export function softmax(logits) {
  const most = Array.from(logits).reduce((best, v) => Math.max(best, v), -Infinity);
  const powers = Array.from(logits, (v) => Math.exp(v - most));
  const sum = powers.reduce((total, v) => total + v, 0);
  return powers.map((v) => v / sum);
}

/** The k largest logits and their equals. @param {number[]} logits @param {number} k */
function keepTopK(logits, k) {
  if (!(k > 0 && k < logits.length)) return logits;
  const least = [...logits].sort((a, b) => b - a)[k - 1];
  return logits.map((v) => (v < least ? -Infinity : v));
}

/** The most probable tokens that together reach probability p, at least one. @param {number[]} logits @param {number} p */
function keepTopP(logits, p) {
  if (p >= 1) return logits;
  const shares = softmax(logits);
  const ascending = logits.map((_, i) => i).sort((i, j) => logits[i] - logits[j] || i - j);
  const kept = [...logits];
  let reached = 0;
  for (const i of ascending.slice(0, -1)) {
    reached += shares[i];
    if (Math.fround(reached) <= Math.fround(1 - p)) kept[i] = -Infinity;
  }
  return kept;
}

/** The distribution that the next token is drawn from. @param {ArrayLike<number>} logits @param {Sampling} sampling */
export function filtered(logits, { temperature, top_k: k, top_p: p }) {
  const best = likeliest(logits);
  if (temperature === 0) return Array.from(logits, (_, i) => (i === best ? 1 : 0));
  const scaled = Array.from(logits, (v) => Math.fround((v - logits[best]) / temperature));
  return softmax(keepTopP(keepTopK(scaled, k), p));
}

/** The place of the largest. @param {ArrayLike<number>} values */
export function likeliest(values) {
  return Array.from(values).reduce((best, v, i, all) => (v > all[best] ? i : best), 0);
}

/** A token, each with its share of the chance. @param {number[]} shares @param {number} chance from 0 to 1 */
export function draw(shares, chance) {
  let reached = 0;
  const last = shares.length - 1 - [...shares].reverse().findIndex((share) => share > 0);
  const found = shares.findIndex((share) => (reached += share) > chance);
  return found < 0 ? last : found;
}

/** Chances from 0 to 1, the same for the same seed (mulberry32). @param {number} seed */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
