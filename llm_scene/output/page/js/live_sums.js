// Numbers that close-ups tell by words, colours, places and sizes: a list, gone through once (see sums.py).

/**
 * What cells and tokens have to say.
 * @typedef {{
 *   constant: (value: number) => number, cell: (matrix: number, place: number) => number,
 *   entry: (matrix: number, place: number) => number, entry_tone: (matrix: number, place: number) => number,
 *   letter: () => number,
 *   tone: (matrix: number, place: number) => number, scale: (matrix: number) => number,
 *   token: (rank: number) => number, ranked: (matrix: number, rank: number) => number,
 *   chance: (rank: number, temperature: number) => number,
 * }} Reading
 */

/** @type {Record<string, (a: number, b: number, c: number) => number>} */
const WORKED = {
  add: (a, b) => a + b,
  less: (a, b) => a - b,
  times: (a, b) => a * b,
  over: (a, b) => (b ? a / b : 0),
  most: (a, b) => Math.max(a, b),
  least: (a, b) => Math.min(a, b),
  size: (a) => Math.abs(a),
  exp: (a) => Math.exp(a),
  pick: (a, b, c) => (a >= 0 ? b : c),
};

/** What every row comes to. @param {Float32Array} rows four numbers each: an operation and what it works on
 * @param {string[]} operations their names @param {Reading} reading */
export function workedOut(rows, operations, reading) {
  const made = new Float64Array(rows.length / 4);
  for (let i = 0; i < made.length; i++) {
    const [operation, a, b, c] = rows.subarray(4 * i, 4 * i + 4);
    const name = operations[operation];
    const look = /** @type {Record<string, (a: number, b: number) => number>} */ (reading)[name];
    made[i] = look ? look(a, b) : WORKED[name](made[a], made[b], made[c]);
  }
  return made;
}
