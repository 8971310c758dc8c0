// How one cell came about, as llm_scene/network/explain.py tells it: value, formula with numbers, sources.

const TERMS = 5; // of a long sum that are spelled out
const MINUS = "−";
const TIME_AXES = ["position", "query", "key"];

/**
 * @typedef {number[]} Cell
 * @typedef {{name: string, label: string, section: string[], axes: string[], shape: number[],
 *   values: Float32Array, op?: Op, formula?: string, inputs?: string[]}} Matrix
 * @typedef {{type: string, eps?: number, kind?: string, bias?: boolean, window?: number | null,
 *   causal?: boolean, inv_freq?: number[], factor?: number}} Op
 * @typedef {{matrices: Map<string, Matrix>, tokens: number[], pieces: string[]}} Model
 * @typedef {{matrix: string, label: string, axes: string[], cells: Cell[], values: number[]}} Input
 * @typedef {{matrix: string, cell: Cell, value: number, formula: string, numbers: string,
 *   inputs: Input[]}} Explanation
 */

/**
 * All that can be said about a cell.
 * @param {Model} model @param {string} name @param {Cell} cell @returns {Explanation}
 */
export function explain(model, name, cell) {
  const matrix = model.matrices.get(name);
  const value = valueAt(matrix, cell);
  const told = { matrix: name, cell, value, formula: matrix.formula ?? "", numbers: "", inputs: [] };
  if (!matrix.op) return told;
  const read = matrix.inputs.map((input) => model.matrices.get(input));
  const cells = SOURCES[matrix.op.type](cell, matrix.op, ...read);
  const terms = cells.map((found, i) => found.map((source) => valueAt(read[i], source)));
  told.numbers = `${WORDS[matrix.op.type](matrix.op, cell, terms)} = ${number(value)}`;
  told.inputs = read
    .map(({ name, label, axes }, i) => ({ matrix: name, label, axes, cells: cells[i], values: terms[i] }))
    .filter((input) => input.cells.length);
  return told;
}

/** The value of a cell. @param {Matrix} matrix @param {Cell} cell */
export function valueAt({ values, shape }, cell) {
  return values[cell.reduce((place, index, axis) => place * shape[axis] + index, 0)];
}

/** The indices by their names, with the tokens they belong to. @param {Model} model @param {Matrix} matrix */
export function placeOf(model, matrix, cell) {
  return matrix.axes
    .map((axis, i) => {
      if (TIME_AXES.includes(axis)) return `${axis} ${cell[i]} “${model.pieces[model.tokens[cell[i]]]}”`;
      return axis === "token" ? `${axis} ${cell[i]} “${model.pieces[cell[i]]}”` : `${axis} ${cell[i]}`;
    })
    .join(", ");
}

/** Four significant digits with a real minus sign; whole numbers stay whole. @param {number} value */
export function number(value) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return `${value < 0 ? MINUS : ""}∞`;
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 1e6) text = String(value || 0);
  else if (size >= 1e-3 && size < 1e6) text = value.toPrecision(4).replace(/(\.\d*?)0+(e|$)/, "$1$2");
  else text = value.toExponential(3);
  text = text.replace(/\.(e|$)/, "$1").replace(/e([+-])(\d)$/, "e$10$2");
  return text.replaceAll("-", MINUS);
}

// --- sources: for every input the cells that a cell is made of ---

const upTo = (count) => Array.from({ length: count }, (_, i) => i);
const same = (cell) => [cell];
const aboveRow = (cell) => [cell.slice(0, -1)];
const row = (cell, op, x) => upTo(op.causal ? cell.at(-1) + 1 : x.shape.at(-1)).map((i) => [...cell, i]);
const wholeRow = (cell, op, x) => [upTo(x.shape.at(-1)).map((i) => [...cell, i])];

const linear = ([t, o], op, x, weight, bias) => {
  const inner = upTo(weight.shape[0]);
  return [inner.map((i) => [t, i]), inner.map((i) => [i, o]), ...(bias ? [[[o]]] : [])];
};

const unembed = ([t, v], op, x, table, bias) => {
  const inner = upTo(table.shape[1]);
  return [inner.map((c) => [t, c]), inner.map((c) => [v, c]), ...(bias ? [[[v]]] : [])];
};

const headLinear = ([h, t, a], op, x, weight, bias) => {
  const inner = upTo(weight.shape[1]);
  return [inner.map((c) => [t, c]), inner.map((c) => [h, c, a]), ...(bias ? [[[h, a]]] : [])];
};

const mergeHeads = ([t, c], op, z, weight, bias) => {
  const pairs = upTo(z.shape[0]).flatMap((h) => upTo(z.shape[2]).map((a) => [h, a]));
  return [pairs.map(([h, a]) => [h, t, a]), pairs.map(([h, a]) => [h, a, c]), ...(bias ? [[[c]]] : [])];
};

const rotary = ([h, t, a], { inv_freq: { length: half } }) => {
  if (a >= 2 * half) return [[[h, t, a]]];
  return [
    [
      [h, t, a],
      [h, t, a < half ? a + half : a - half],
    ],
  ];
};

const scores = ([h, query, key], { window }, q, k) => {
  const seen = key <= query && (window == null || key > query - window);
  const inner = upTo(seen ? q.shape.at(-1) : 0);
  const group = q.shape[0] / k.shape[0];
  return [inner.map((a) => [h, query, a]), inner.map((a) => [Math.floor(h / group), key, a])];
};

const weightedValues = ([h, t, a], op, pattern, v) => {
  const keys = upTo(t + 1);
  const group = pattern.shape[0] / v.shape[0];
  return [keys.map((key) => [h, t, key]), keys.map((key) => [Math.floor(h / group), key, a])];
};

/** @type {Record<string, (cell: Cell, op: Op, ...inputs: Matrix[]) => Cell[][]>} */
const SOURCES = {
  Lookup: ([t, c], op, tokens) => [[[t]], [[tokens.values[t], c]]],
  Position: (cell) => [[], same(cell)],
  TokenAndPosition: ([t, c], op, tokens) => [[[t]], [[tokens.values[t], c]], [[t, c]]],
  Add: (cell) => [same(cell), same(cell)],
  Multiply: (cell) => [same(cell), same(cell)],
  Activation: (cell) => [same(cell)],
  Mean: wholeRow,
  Std: wholeRow,
  Rms: wholeRow,
  LayerNorm: (cell, op, x, mean, std, ...scale) => [
    same(cell),
    aboveRow(cell),
    aboveRow(cell),
    ...scale.map(() => [[cell.at(-1)]]),
  ],
  RmsNorm: (cell) => [same(cell), aboveRow(cell), [[cell.at(-1)]]],
  Linear: linear,
  Unembed: unembed,
  HeadLinear: headLinear,
  MergeHeads: mergeHeads,
  Rotary: rotary,
  Scores: scores,
  WeightedValues: weightedValues,
  RowMax: (cell, op, x) => [row(cell, op, x)],
  RowSumExp: (cell, op, x) => [row(cell, op, x), same(cell)],
  Softmax: (cell) => [same(cell), aboveRow(cell), aboveRow(cell)],
};

// --- numbers: one line for each kind of operation ---

const signed = (value) => (value < 0 ? `(${number(value)})` : number(value));
const total = (terms) => terms.reduce((sum, term) => sum + term, 0);

/** Places of the first `count` terms by falling `key`, in their own order. */
function foremost(terms, count, key) {
  const order = upTo(terms.length).sort((i, j) => key(terms[j]) - key(terms[i]) || i - j);
  return order.slice(0, count).sort((i, j) => i - j);
}

/** The largest terms spelled out in their order, and the sum of the rest. */
function summed(terms, spell) {
  if (terms.length <= TERMS + 1) return terms.map((_, i) => spell(i)).join(" + ") || "0";
  const largest = foremost(terms, TERMS, Math.abs);
  const rest = total(terms) - total(largest.map((i) => terms[i]));
  const spelled = largest.map(spell).join(" + ");
  return `${spelled} + ${signed(rest)} from ${terms.length - TERMS} smaller terms`;
}

const dot = (op, cell, [x, w, bias]) => {
  const products = x.map((value, i) => value * w[i]);
  const text = summed(products, (i) => `${signed(x[i])}·${signed(w[i])}`);
  return bias ? `${text} + ${signed(bias[0])}` : text;
};

const scoreWords = (op, cell, terms) => {
  if (terms[0].length) return `(${dot(op, cell, terms)}) / √${terms[0].length}`;
  return cell[2] > cell[1] ? "hidden: a query sees no later key" : "hidden: outside the window";
};

const std = (op, cell, [x]) => {
  const mean = total(x) / x.length;
  const spread = x.map((value) => (value - mean) ** 2);
  const text = summed(spread, (i) => `(${number(x[i])} ${MINUS} ${signed(mean)})²`);
  return `√((${text}) / ${x.length} + ${number(op.eps)})`;
};

const rms = (op, cell, [x]) => {
  const text = summed(
    x.map((value) => value * value),
    (i) => `${signed(x[i])}²`,
  );
  return `√((${text}) / ${x.length} + ${number(op.eps)})`;
};

const layerNorm = (op, cell, [x, mean, deviation, gain, shift]) => {
  const centred = `(${number(x[0])} ${MINUS} ${signed(mean[0])})`;
  const scaled = `${centred} / ${number(deviation[0])} · ${signed(gain[0])}`;
  return shift ? `${scaled} + ${signed(shift[0])}` : scaled;
};

const activation = ({ kind }, cell, [[x]]) => {
  if (kind === "relu") return `max(${number(x)}, 0)`;
  return kind === "silu" ? `${number(x)} · σ(${number(x)})` : `GELU(${number(x)})`;
};

const rotaryWords = ({ inv_freq: rates, factor }, cell, [x]) => {
  if (x.length === 1) return `${number(x[0])} (not turned)`;
  const half = rates.length;
  const angle = number(Math.fround(Math.fround(cell[1]) * Math.fround(rates[cell[2] % half])));
  const sign = cell[2] < half ? MINUS : "+";
  const turned = `${signed(x[0])}·cos ${angle} ${sign} ${signed(x[1])}·sin ${angle}`;
  return factor === 1 ? turned : `(${turned}) · ${number(factor)}`;
};

const rowMax = (op, cell, [x]) => {
  const shown = foremost(x, TERMS + 1, (value) => value);
  return `max(${shown.map((i) => number(x[i])).join(", ")}${x.length > shown.length ? ", …" : ""})`;
};

const rowSumExp = (op, cell, [x, [largest]]) =>
  summed(
    x.map((value) => Math.exp(value - largest)),
    (i) => `exp(${number(x[i])} ${MINUS} ${signed(largest)})`,
  );

/** @type {Record<string, (op: Op, cell: Cell, terms: number[][]) => string>} */
const WORDS = {
  Lookup: (op, cell, [token]) => `row ${token[0]} of the table`,
  Position: (op, cell) => `row ${cell[0]} of the table`,
  TokenAndPosition: (op, cell, [, token, place]) => `${signed(token[0])} + ${signed(place[0])}`,
  Add: (op, cell, [a, b]) => `${signed(a[0])} + ${signed(b[0])}`,
  Multiply: (op, cell, [a, b]) => `${signed(a[0])} · ${signed(b[0])}`,
  Activation: activation,
  Mean: (op, cell, [x]) => `(${summed(x, (i) => signed(x[i]))}) / ${x.length}`,
  Std: std,
  Rms: rms,
  LayerNorm: layerNorm,
  RmsNorm: (op, cell, [x, size, gain]) => `${signed(x[0])} / ${number(size[0])} · ${signed(gain[0])}`,
  Linear: dot,
  Unembed: dot,
  HeadLinear: dot,
  MergeHeads: dot,
  Rotary: rotaryWords,
  Scores: scoreWords,
  WeightedValues: dot,
  RowMax: rowMax,
  RowSumExp: rowSumExp,
  Softmax: (op, cell, [x, largest, sum]) =>
    `exp(${number(x[0])} ${MINUS} ${signed(largest[0])}) / ${number(sum[0])}`,
};
