// The forward pass, operation by operation, as llm_scene/network/ops.py has it; in a worker of its own.

/**
 * @typedef {{values: Float32Array, shape: number[]}} Tensor
 * @typedef {{matrix: string, cell?: number[], head?: number, value: number}} Change a cell, or all cells of a head
 * @typedef {ArrayLike<number>} Numbers
 * @typedef {import("./data").Op} Op
 * @typedef {{name: string, shape: number[], op?: Op, inputs?: string[], values?: Float32Array}} Row
 *   a matrix: what makes it, or its `values`
 */

const size = (/** @type {number[]} */ shape) => shape.reduce((product, n) => product * n, 1);
/** @param {number[]} shape @returns {Tensor} */
const tensor = (shape) => ({ shape, values: new Float32Array(size(shape)) });

/**
 * Every matrix of a forward pass over `tokens`; where a change says so, a cell has another value.
 * @param {Row[]} rows the matrices in the order of computing
 * @param {number[]} tokens @param {Change[]} changes @returns {Map<string, Tensor>}
 */
export function forward(rows, tokens, changes = []) {
  /** @type {Map<string, Tensor>} */
  const made = new Map();
  for (const row of rows) {
    const mine = changes.filter(({ matrix }) => matrix === row.name);
    /** @type {Tensor} */
    let found;
    const { op, inputs = [], values = new Float32Array() } = row;
    if (row.name === "tokens") found = { shape: [tokens.length], values: Float32Array.from(tokens) };
    else if (op) found = OPS[op.type](op, ...inputs.map((name) => /** @type {Tensor} */ (made.get(name))));
    else found = { shape: row.shape, values: mine.length ? values.slice() : values };
    mine.forEach((change) => changed(found, change));
    made.set(row.name, found);
  }
  return made;
}

/** Put another value into a cell, or into every cell of a head. @param {Tensor} found @param {Change} change */
function changed({ values, shape }, { cell, head, value }) {
  const whole = cell ?? [head ?? 0];
  const length = size(shape.slice(whole.length));
  const start = whole.reduce((place, index, axis) => place * shape[axis] + index, 0) * length;
  values.fill(value, start, start + length);
}

// --- activations, as llm_scene/network/activations.py has them ---

/** The error function: its series near zero, the continued fraction of its complement elsewhere. @param {number} x */
function erf(x) {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction));
}

/** @param {number} x @param {number} low @param {number} high */
const clip = (x, low, high) => Math.min(Math.max(x, low), high);
const sigmoid = (/** @type {number} */ x) => 0.5 * (1 + Math.tanh(0.5 * x));
const gelu = (/** @type {number} */ x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const softplus = (/** @type {number} */ x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** @type {Record<string, (x: number) => number>} */
const BENDS = {
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + 0.044715 * x * x))),
  gelu,
  gelu_10: (x) => clip(gelu(x), -10, 10),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  silu: (x) => x * sigmoid(x),
  relu: (x) => Math.max(x, 0),
  relu2: (x) => Math.max(x, 0) ** 2,
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => Math.max(x, 0.01 * x),
  hardswish: (x) => (x * clip(x + 3, 0, 6)) / 6,
  mish: (x) => x * Math.tanh(softplus(x)),
  sigmoid,
  tanh: Math.tanh,
  laplace: (x) => 0.5 * (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))),
  sqrtsoftplus: (x) => Math.sqrt(softplus(x)),
  linear: (x) => x,
};

// --- helpers ---

/** A function of every cell of equally large tensors.
 * @param {(a: number, b: number, c: number) => number} rule @param {Tensor} first @param {Tensor[]} others */
function each(rule, first, ...others) {
  const made = tensor(first.shape);
  const [b, c] = others.map(({ values }) => values);
  for (let i = 0; i < made.values.length; i++) made.values[i] = rule(first.values[i], b?.[i], c?.[i]);
  return made;
}

/** How long the axis before the end is. @param {Tensor} x */
const axis = ({ shape }, before = 1) => shape[shape.length - before];

/** A number for every row: of the last axis, or of all heads at a position.
 * @param {Tensor} x @param {string} over @param {(row: Float32Array, r: number) => number} rule */
function perRow(x, over, rule) {
  const [count, wide] = [axis(x), x.values.length / axis(x)];
  if (over !== "heads") {
    const made = tensor(x.shape.slice(0, -1));
    for (let r = 0; r < wide; r++) made.values[r] = rule(x.values.subarray(r * count, (r + 1) * count), r);
    return made;
  }
  const [heads, rows] = x.shape;
  const made = tensor([rows]);
  for (let t = 0; t < rows; t++) {
    const row = new Float32Array(heads * count);
    for (let h = 0; h < heads; h++)
      row.set(x.values.subarray((h * rows + t) * count, (h * rows + t + 1) * count), h * count);
    made.values[t] = rule(row, t);
  }
  return made;
}

/** @param {Iterable<number>} row */
const total = (row, rule = (/** @type {number} */ v) => v) => {
  let sum = 0;
  for (const v of row) sum += rule(v);
  return sum;
};

/** Every cell with the statistics of its row and with its gain: `rule(x, row, gain's place)`.
 * @param {Record<string, any>} op @param {Tensor} x @param {(value: number, row: number, gain: number) => number} rule */
function normed(op, x, rule) {
  const [rows, count] = [axis(x, 2), axis(x)];
  const made = tensor(x.shape);
  for (let i = 0; i < x.values.length; i++) {
    const row = Math.floor(i / count);
    const head = Math.floor(row / rows);
    const statistics = op.over === "heads" ? row % rows : row;
    made.values[i] = rule(x.values[i], statistics, op.over === "row" ? i % count : head * count + (i % count));
  }
  return made;
}

/** Adds a row of `x` times a matrix to `sums`. @param {Numbers} x @param {number} from @param {number} inner
 * @param {Numbers} weight @param {number} offset @param {number} wide @param {Float64Array} sums */
function product(x, from, inner, weight, offset, wide, sums) {
  for (let k = 0; k < inner; k++) {
    const value = x[from + k];
    if (value === 0) continue;
    const row = offset + k * wide;
    for (let j = 0; j < wide; j++) sums[j] += value * weight[row + j];
  }
}

/** x W + b of a part of the weights, row by row, into a tensor. @param {Numbers} x @param {number} inner
 * @param {number} rows @param {Numbers} weight @param {number} offset @param {number} wide
 * @param {Tensor | undefined} bias @param {number} biased @param {Float32Array} into @param {number} start */
function linear(x, inner, rows, weight, offset, wide, bias, biased, into, start) {
  const sums = new Float64Array(wide);
  for (let t = 0; t < rows; t++) {
    sums.fill(0);
    product(x, t * inner, inner, weight, offset, wide, sums);
    if (bias) for (let j = 0; j < wide; j++) sums[j] += bias.values[biased + j];
    into.set(sums, start + t * wide);
  }
}

/** Sum of products of two runs of numbers.
 * @param {Numbers} a @param {number} i @param {Numbers} b @param {number} j @param {number} count */
function dot(a, i, b, j, count) {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += a[i + k] * b[j + k];
  return sum;
}

/** @param {number} x @param {number | null} cap */
const capped = (x, cap) => (cap == null ? x : Math.tanh(x / cap) * cap);
/** @param {Tensor} tokens @param {Tensor} table */
const sequence = (tokens, table) => tensor([tokens.shape[0], table.shape[1]]);

/** Places of the k largest, equal ones in their order. @param {Numbers} row @param {number} k */
function largest(row, k) {
  const order = Array.from(row, (_, i) => i).sort((i, j) => row[j] - row[i] || i - j);
  return order.slice(0, k);
}

// --- operations ---

/** Every operation; `op` has its parameters.
 * @type {Record<string, (op: Record<string, any>, ...inputs: Tensor[]) => Tensor>} */
const OPS = {
  Lookup({ scale }, tokens, table) {
    const made = sequence(tokens, table);
    const wide = table.shape[1];
    made.values.forEach((_, i) => {
      made.values[i] = scale * table.values[tokens.values[Math.floor(i / wide)] * wide + (i % wide)];
    });
    return made;
  },
  Position(op, tokens, table) {
    const made = sequence(tokens, table);
    made.values.set(table.values.subarray(0, made.values.length));
    return made;
  },
  TokenAndPosition(op, tokens, table, positions) {
    const made = OPS.Lookup({ scale: 1 }, tokens, table);
    made.values.forEach((value, i) => (made.values[i] = value + positions.values[i]));
    return made;
  },
  Add: ({ scale }, a, b, c) =>
    c ? each((x, y, z) => x + scale * (y + z), a, b, c) : each((x, y) => x + scale * y, a, b),
  Multiply: (op, a, b) => each((x, y) => x * y, a, b),
  Activation: ({ kind }, x) => each(BENDS[kind], x),
  ClippedSwish: ({ alpha, limit }, x) =>
    each((value) => Math.min(value, limit) * sigmoid(alpha * Math.min(value, limit)), x),
  ClippedMultiply: ({ limit }, a, b) => each((x, y) => x * (clip(y, -limit, limit) + 1), a, b),
  Mean: ({ over }, x) => perRow(x, over, (row) => total(row) / row.length),
  Std: ({ over, eps }, x) =>
    perRow(x, over, (row) => {
      const mean = total(row) / row.length;
      return Math.sqrt(total(row, (v) => (v - mean) ** 2) / row.length + eps);
    }),
  Rms: ({ over, eps }, x) => perRow(x, over, (row) => Math.sqrt(total(row, (v) => v * v) / row.length + eps)),
  LayerNorm: (op, x, mean, std, gain, shift) =>
    normed(
      op,
      x,
      (value, row, i) =>
        ((value - mean.values[row]) / std.values[row]) * gain.values[i] + (op.bias ? shift.values[i] : 0),
    ),
  RmsNorm: (op, x, rms, gain) =>
    normed(op, x, (value, row, i) => (value / rms.values[row]) * (gain.values[i] + op.offset)),
  Linear(op, x, weight, bias) {
    const [rows, inner] = x.shape;
    const made = tensor([rows, weight.shape[1]]);
    linear(x.values, inner, rows, weight.values, 0, weight.shape[1], bias, 0, made.values, 0);
    return made;
  },
  Unembed({ scale, cap }, x, table, bias) {
    const [[rows, inner], [count]] = [x.shape, table.shape];
    const made = tensor([rows, count]);
    made.values.forEach((_, i) => {
      const [t, v] = [Math.floor(i / count), i % count];
      const raw = dot(x.values, t * inner, table.values, v * inner, inner) + (bias ? bias.values[v] : 0);
      made.values[i] = capped(raw * scale, cap);
    });
    return made;
  },
  HeadLinear(op, x, weight, bias) {
    const [[rows], [heads, inner, wide]] = [x.shape, weight.shape];
    const made = tensor([heads, rows, wide]);
    for (let h = 0; h < heads; h++)
      linear(x.values, inner, rows, weight.values, h * inner * wide, wide, bias, h * wide, made.values, h * rows * wide);
    return made;
  },
  MergeHeads(op, z, weight, bias) {
    const [heads, rows, wide] = z.shape;
    const out = weight.shape[2];
    const made = tensor([rows, out]);
    const sums = new Float64Array(out);
    for (let t = 0; t < rows; t++) {
      sums.fill(0);
      for (let h = 0; h < heads; h++)
        product(z.values, (h * rows + t) * wide, wide, weight.values, h * wide * out, out, sums);
      if (bias) for (let j = 0; j < out; j++) sums[j] += bias.values[j];
      made.values.set(sums, t * out);
    }
    return made;
  },
  Rotary({ inv_freq, factor, neighbours }, x) {
    const made = { shape: x.shape, values: x.values.slice() };
    const [, rows, wide] = x.shape;
    const half = inv_freq.length;
    for (let row = 0; row < x.values.length / wide; row++)
      for (let pair = 0; pair < half; pair++) {
        const [a, b] = neighbours ? [2 * pair, 2 * pair + 1] : [pair, pair + half];
        const angle = Math.fround((row % rows) * Math.fround(inv_freq[pair]));
        const [cos, sin] = [factor * Math.cos(angle), factor * Math.sin(angle)];
        const [first, second] = [x.values[row * wide + a], x.values[row * wide + b]];
        made.values[row * wide + a] = first * cos - second * sin;
        made.values[row * wide + b] = second * cos + first * sin;
      }
    return made;
  },
  Scores({ window, scale, cap }, q, k) {
    const [heads, rows, wide] = q.shape;
    const group = heads / k.shape[0];
    const times = scale ?? 1 / Math.sqrt(wide);
    const made = tensor([heads, rows, rows]);
    made.values.fill(-Infinity);
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < rows; t++)
        for (let s = window == null ? 0 : Math.max(0, t - window + 1); s <= t; s++) {
          const key = (Math.floor(h / group) * rows + s) * wide;
          const raw = dot(q.values, (h * rows + t) * wide, k.values, key, wide) * times;
          made.values[(h * rows + t) * rows + s] = capped(raw, cap);
        }
    return made;
  },
  WeightedValues(op, pattern, v) {
    const [heads, rows, keys] = pattern.shape;
    const wide = v.shape[2];
    const group = heads / v.shape[0];
    const made = tensor([heads, rows, wide]);
    const sums = new Float64Array(wide);
    for (let row = 0; row < heads * rows; row++) {
      sums.fill(0);
      const head = Math.floor(Math.floor(row / rows) / group);
      product(pattern.values, row * keys, keys, v.values, head * keys * wide, wide, sums);
      made.values.set(sums, row * wide);
    }
    return made;
  },
  RowMax: (op, x, sink) =>
    perRow(x, "row", (row, r) => {
      const most = row.reduce((best, v) => Math.max(best, v), -Infinity);
      return sink ? Math.max(most, sink.values[Math.floor(r / axis(x, 2))]) : most;
    }),
  RowSumExp: (op, x, most, sink) =>
    perRow(x, "row", (row, r) => {
      const sum = total(row, (v) => Math.exp(v - most.values[r]));
      return sink ? sum + Math.exp(sink.values[Math.floor(r / axis(x, 2))] - most.values[r]) : sum;
    }),
  Softmax(op, x, most, sum) {
    const count = axis(x);
    const made = tensor(x.shape);
    x.values.forEach((value, i) => {
      const row = Math.floor(i / count);
      made.values[i] = Math.exp(value - most.values[row]) / sum.values[row];
    });
    return made;
  },
  Choose({ k, renormed }, probs) {
    const made = tensor(probs.shape);
    const count = probs.shape[1];
    for (let t = 0; t < probs.shape[0]; t++) {
      const row = probs.values.subarray(t * count, (t + 1) * count);
      const chosen = largest(row, k);
      const sum = renormed ? total(chosen, (i) => row[i]) : 1;
      for (const i of chosen) made.values[t * count + i] = row[i] / sum;
    }
    return made;
  },
  ExpertLinear({ expert }, x, weight, share, bias) {
    const made = OPS.Linear({}, x, weight, bias);
    const [rows, wide] = made.shape;
    for (let t = 0; t < rows; t++)
      if (!share.values[t * share.shape[1] + expert]) made.values.fill(0, t * wide, (t + 1) * wide);
    return made;
  },
  Gate: (op, x, weight) => perRow(x, "row", (row) => sigmoid(dot(row, 0, weight.values, 0, row.length))),
  Mixture({ count, shared }, share, ...results) {
    const made = tensor(results[0].shape);
    const wide = made.shape[1];
    made.values.forEach((_, i) => {
      const t = Math.floor(i / wide);
      let sum = shared ? results[count].values[t] * results[count + 1].values[i] : 0;
      for (let e = 0; e < count; e++) sum += share.values[t * share.shape[1] + e] * results[e].values[i];
      made.values[i] = sum;
    });
    return made;
  },
};

// --- the worker ---

if ("WorkerGlobalScope" in globalThis) {
  /** @type {Row[]} */
  let rows = [];
  self.onmessage = ({ data }) => {
    if (data.rows) rows = data.rows;
    else {
      const began = performance.now();
      const made = forward(rows, data.tokens, data.changes);
      const seconds = (performance.now() - began) / 1000;
      const changed = new Set(data.changes.map((/** @type {Change} */ { matrix }) => matrix));
      const computed = rows.filter(({ op, name }) => op || name === "tokens" || changed.has(name));
      const names = new Set(computed.map(({ name }) => name));
      const matrices = [...made].filter(([name]) => names.has(name));
      const transfer = matrices.map(([, { values }]) => values.buffer);
      self.postMessage({ asked: data.asked, matrices, seconds }, { transfer });
    }
  };
}
