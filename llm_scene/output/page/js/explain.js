// How one cell came about, as llm_scene/network/explain.py tells it: value, formula with numbers, sources.

const TERMS = 5; // of a long sum that are spelled out
const MINUS = "−";
const DUST = 1e-9; // of the largest term: less is left over by rounding
const TIME_AXES = ["position", "query", "key"];
/** @type {Record<string, string>} what an axis counts, as llm_scene/layout/naming.py has it */
const NOUNS = { kv_head: "head", slot: "position", expert_neuron: "neuron", shared_neuron: "neuron" };

/**
 * @typedef {number[]} Cell
 * @typedef {import("./data").Op} Op
 * @typedef {import("./data").Matrix & {values: Float32Array}} Matrix
 * @typedef {{matrices: Map<string, Matrix>, tokens: number[], pieces: string[]}} Model
 * @typedef {{matrix: string, label: string, axes: string[], cells: Cell[], values: number[]}} Input
 * @typedef {{matrix: string, cell: Cell, value: number, formula: string, numbers: string,
 *   inputs: Input[]}} Explanation
 * @typedef {(op: Op, cell: Cell, terms: number[][]) => string} Teller one line on a cell, by the values of its sources
 */

/** A matrix that is there. @param {Model} model @param {string} name @returns {Matrix} */
export function matrixOf({ matrices }, name) {
  const found = matrices.get(name);
  if (!found) throw new Error(`no matrix ${name}`);
  return found;
}

/**
 * All that can be said about a cell.
 * @param {Model} model @param {string} name @param {Cell} cell @returns {Explanation}
 */
export function explain(model, name, cell) {
  const matrix = matrixOf(model, name);
  const value = valueAt(matrix, cell);
  /** @type {Explanation} */
  const told = { matrix: name, cell, value, formula: matrix.formula ?? "", numbers: "", inputs: [] };
  if (!matrix.op) return told;
  const read = (matrix.inputs ?? []).map((input) => matrixOf(model, input));
  const cells = sources(matrix.op, cell, read);
  const terms = cells.map((found, i) => found.map((source) => valueAt(read[i], source)));
  told.numbers = `${WORDS[matrix.op.type](matrix.op, cell, terms)} = ${number(value)}`;
  told.inputs = read
    .map(({ name, label, axes }, i) => ({ matrix: name, label, axes, cells: cells[i], values: terms[i] }))
    .filter((input) => input.cells.length);
  return told;
}

/** The value of a cell. @param {Matrix} matrix @param {Cell} cell */
export function valueAt({ values, shape }, cell) {
  return values[offsetOf(cell, shape)];
}

/** Where a cell lies among the values of an array. @param {Cell} cell @param {number[]} shape */
export function offsetOf(cell, shape) {
  return cell.reduce((place, index, axis) => place * shape[axis] + index, 0);
}

/** A row of a matrix of two axes. @param {{values: Float32Array, shape: number[]}} matrix @param {number} row */
export function rowOf({ values, shape }, row) {
  return values.subarray(row * shape[1], (row + 1) * shape[1]);
}

/** Where a cell is, counted from 1, with the tokens there; a token is called by its number in the vocabulary.
 * Which head's it is, `block` says where it shows one alone.
 * @param {Model} model @param {Matrix} matrix @param {Cell} cell @param {{head: number | null}} block */
export function placeOf(model, matrix, cell, block) {
  return matrix.axes
    .map((axis, i) => {
      if (i === 0 && block.head !== null) return "";
      if (axis === "token") return `${axis} ${cell[i]} “${model.pieces[cell[i]]}”`;
      const place = `${NOUNS[axis] ?? axis} ${cell[i] + 1}`;
      return TIME_AXES.includes(axis) ? `${place} “${model.pieces[model.tokens[cell[i]]]}”` : place;
    })
    .filter(Boolean)
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

// --- sources: for every input the cells that a cell is made of, as llm_scene/network/reads.py says ---

const upTo = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => i);

/** @param {Op} op @param {Cell} cell @param {Matrix[]} inputs @returns {Cell[][]} */
function sources(op, cell, inputs) {
  if (op.type === "Rotary") return [rotated(op, cell)];
  if (op.type === "Scores" && unseen(op, cell)) return inputs.map(() => []);
  const names = expanded(op.out, op.out, cell.length);
  const at = Object.fromEntries(names.map((name, i) => [name, cell[i]]));
  const parts = inputs.map((_, i) => expanded(op.reads[i], op.out, cell.length));
  /** @type {Record<string, number>} */
  const lengths = {};
  parts.forEach((axes, i) =>
    axes.forEach((part, axis) => (lengths[part] ??= part === "-" ? 0 : inputs[i].shape[axis])),
  );
  const over = Object.keys(lengths).filter((part) => "*<".includes(part[0]));
  /** @type {Record<string, number>[]} */
  let places = [{}];
  for (const part of over) {
    const count = part[0] === "<" ? at.t + 1 : lengths[part];
    places = places.flatMap((place) => upTo(count).map((i) => ({ ...place, [part]: i })));
  }
  const index = (/** @type {string} */ part, /** @type {number} */ size, /** @type {Record<string, number>} */ place) => {
    if (part in place) return place[part];
    if (part === "@") return inputs[0].values[at.t];
    if (part[0] === "#") return Number(part.slice(1));
    return part.endsWith("/") ? Math.floor((at[part[0]] * size) / lengths[part[0]]) : at[part];
  };
  const off = inputs.some(
    (input, i) => op.reads[i].endsWith("!") && !valueAt(input, parts[i].map((part) => index(part, 1, {}))),
  );
  return inputs.map((input, i) => {
    if (parts[i][0] === "-" || (off && !op.reads[i].endsWith("!"))) return [];
    const runs = parts[i].some((part) => over.includes(part));
    return (runs ? places : [{}]).map((place) =>
      parts[i].map((part, axis) => index(part, input.shape[axis], place)),
    );
  });
}

/** A pattern with its leading axes written out. @param {string} pattern @param {string} out @param {number} rank */
function expanded(pattern, out, rank) {
  const axes = (/** @type {string} */ text) => text.replace(/[?!]$/, "").split(" ").filter(Boolean);
  const leading = out.startsWith("...") ? upTo(rank - axes(out).length + 1).map((i) => `axis ${i}`) : [];
  return axes(pattern).flatMap((part) => (part === "..." ? leading : [part]));
}

/** The number of its pair, its partner, and whether it is the first; null where it is not turned.
 * @param {Op} op @param {number} a @returns {[pair: number, partner: number, first: boolean] | null} */
function pairOf({ inv_freq: { length: half }, neighbours }, a) {
  if (a >= 2 * half) return null;
  if (neighbours) return [Math.floor(a / 2), a ^ 1, a % 2 === 0];
  return [a % half, a < half ? a + half : a - half, a < half];
}

/** @param {Op} op @param {Cell} cell @returns {Cell[]} */
const rotated = (op, [h, t, a]) => {
  const pair = pairOf(op, a);
  return pair ? [[h, t, a], [h, t, pair[1]]] : [[h, t, a]]; // prettier-ignore
};

/** @param {Op} op @param {Cell} cell */
const unseen = ({ window }, [, query, key]) => key > query || (window != null && key <= query - window);

// --- numbers: one line for each kind of operation ---

const signed = (/** @type {number} */ value) => (value < 0 ? `(${number(value)})` : number(value));
const total = (/** @type {number[]} */ terms) => terms.reduce((sum, term) => sum + term, 0);

/** Places of the first `count` terms by falling `key`, in their own order.
 * @param {number[]} terms @param {number} count @param {(term: number) => number} key */
function foremost(terms, count, key) {
  const order = upTo(terms.length).sort((i, j) => key(terms[j]) - key(terms[i]) || i - j);
  return order.slice(0, count).sort((i, j) => i - j);
}

/** The largest terms spelled out in their order, and the sum of the rest.
 * @param {number[]} terms @param {(i: number) => string} spell */
function summed(terms, spell) {
  if (terms.length <= TERMS + 1) return terms.map((_, i) => spell(i)).join(" + ") || "0";
  const largest = foremost(terms, TERMS, Math.abs);
  const left = total(terms.filter((_, i) => !largest.includes(i)));
  const rest = Math.abs(left) < DUST * Math.max(...terms.map(Math.abs)) ? 0 : left;
  const spelled = largest.map(spell).join(" + ");
  return `${spelled} + ${signed(rest)} from ${terms.length - TERMS} smaller terms`;
}

/** @type {Teller} */
const dot = (op, cell, [x, w, bias]) => {
  const products = x.map((value, i) => value * w[i]);
  const text = summed(products, (i) => `${signed(x[i])}·${signed(w[i])}`);
  return bias ? `${text} + ${signed(bias[0])}` : text;
};

/** @param {string} text @param {number | null} cap */
const capped = (text, cap) => (cap == null ? text : `${number(cap)} · tanh((${text}) / ${number(cap)})`);

/** @type {Teller} */
const unembed = (op, cell, terms) => {
  const text = dot(op, cell, terms);
  return capped(op.scale === 1 ? text : `${number(op.scale)} · (${text})`, op.cap);
};

/** @type {Teller} */
const scoreWords = (op, cell, terms) => {
  if (!terms[0].length)
    return cell[2] > cell[1] ? "hidden: a query sees no later key" : "hidden: outside the window";
  const times = op.scale == null ? ` / √${terms[0].length}` : ` · ${number(op.scale)}`;
  return capped(`(${dot(op, cell, terms)})${times}`, op.cap);
};

/** @type {Teller} */
const std = (op, cell, [x]) => {
  const mean = total(x) / x.length;
  const spread = x.map((value) => (value - mean) ** 2);
  const text = summed(spread, (i) => `(${number(x[i])} ${MINUS} ${signed(mean)})²`);
  return `√((${text}) / ${x.length} + ${number(op.eps)})`;
};

/** @type {Teller} */
const rms = (op, cell, [x]) => {
  const text = summed(
    x.map((value) => value * value),
    (i) => `${signed(x[i])}²`,
  );
  return `√((${text}) / ${x.length} + ${number(op.eps)})`;
};

/** @type {Teller} */
const layerNorm = (op, cell, [x, mean, deviation, gain, shift]) => {
  const centred = `(${number(x[0])} ${MINUS} ${signed(mean[0])})`;
  const scaled = `${centred} / ${number(deviation[0])} · ${signed(gain[0])}`;
  return shift ? `${scaled} + ${signed(shift[0])}` : scaled;
};

/** @type {Teller} */
const activation = ({ spelled = "" }, cell, [[x]]) =>
  spelled.replaceAll("{(x)}", signed(x)).replaceAll("{x}", number(x));

/** @type {Teller} */
const clippedSwish = ({ alpha, limit }, cell, [[x]]) => {
  const cut = signed(Math.min(x, limit));
  return `${cut} · σ(${number(alpha)} · ${cut})`;
};

/** @type {Teller} */
const rotaryWords = (op, cell, [x]) => {
  const pair = pairOf(op, cell[2]);
  if (!pair) return `${number(x[0])} (not turned)`;
  const angle = number(Math.fround(Math.fround(cell[1]) * Math.fround(op.inv_freq[pair[0]])));
  const turned = `${signed(x[0])}·cos ${angle} ${pair[2] ? MINUS : "+"} ${signed(x[1])}·sin ${angle}`;
  return op.factor === 1 ? turned : `(${turned}) · ${number(op.factor)}`;
};

/** @type {Teller} */
const rowMax = (op, cell, terms) => {
  const x = terms.flat(); // a sink comes last
  const shown = foremost(x, TERMS + 1, (value) => value);
  return `max(${shown.map((i) => number(x[i])).join(", ")}${x.length > shown.length ? ", …" : ""})`;
};

/** @type {Teller} */
const rowSumExp = (op, cell, [row, [largest], sink = []]) => {
  const x = [...row, ...sink];
  return summed(
    x.map((value) => Math.exp(value - largest)),
    (i) => `exp(${number(x[i])} ${MINUS} ${signed(largest)})`,
  );
};

/** @type {Teller} */
const add = ({ scale }, cell, [[a], ...added]) => {
  const together = added.map(([b]) => signed(b)).join(" + ");
  if (scale === 1) return `${signed(a)} + ${together}`;
  return `${signed(a)} + ${number(scale)} · ${added.length === 1 ? together : `(${together})`}`;
};

/** @type {Teller} */
const choose = ({ k, renormed }, cell, [p]) => {
  const chosen = foremost(p, k, (value) => value);
  const own = number(p[cell[1]]);
  if (!chosen.includes(cell[1])) return `idle: ${own} is not among the ${k} largest`;
  return renormed ? `${own} / (${chosen.map((i) => number(p[i])).join(" + ")})` : own;
};

/** @type {Teller} */
const mixture = (op, cell, [share, ...results]) => {
  const chosen = upTo(share.length).filter((i) => share[i]);
  const text = dot(op, cell, [chosen.map((i) => share[i]), chosen.map((i) => results[i][0])]);
  return op.shared ? `${text} + ${results.slice(-2).map(([x]) => signed(x)).join("·")}` : text;
};

/** @type {Record<string, Teller>} */
const WORDS = {
  Lookup: ({ scale }, cell, [token, row]) =>
    `row of token ${token[0]} in the table${scale === 1 ? "" : `: ${signed(row[0])} · ${number(scale)}`}`,
  Position: (op, cell) => `row ${cell[0] + 1} of the table`,
  TokenAndPosition: (op, cell, [, token, place]) => `${signed(token[0])} + ${signed(place[0])}`,
  Add: add,
  Multiply: (op, cell, [a, b]) => `${signed(a[0])} · ${signed(b[0])}`,
  Activation: activation,
  Mean: (op, cell, [x]) => `(${summed(x, (i) => signed(x[i]))}) / ${x.length}`,
  Std: std,
  Rms: rms,
  LayerNorm: layerNorm,
  RmsNorm: ({ offset }, cell, [x, size, gain]) =>
    `${signed(x[0])} / ${number(size[0])} · ${offset ? `(${number(offset)} + ${signed(gain[0])})` : signed(gain[0])}`,
  Linear: dot,
  Unembed: unembed,
  HeadLinear: dot,
  MergeHeads: dot,
  Rotary: rotaryWords,
  Scores: scoreWords,
  WeightedValues: dot,
  RowMax: rowMax,
  RowSumExp: rowSumExp,
  ClippedSwish: clippedSwish,
  ClippedMultiply: ({ limit }, cell, [a, b]) =>
    `${signed(a[0])} · (${number(Math.min(Math.max(b[0], -limit), limit))} + 1)`,
  Choose: choose,
  ExpertLinear: (op, cell, [x, weight, share, bias]) =>
    share[0]
      ? dot(op, cell, [x, weight, bias])
      : "idle: the router did not choose this expert here",
  Gate: (op, cell, terms) => `σ(${dot(op, cell, terms)})`,
  Mixture: mixture,
  Softmax: (op, cell, [x, largest, sum]) =>
    `exp(${number(x[0])} ${MINUS} ${signed(largest[0])}) / ${number(sum[0])}`,
};
