// The scene under another prompt: cells, letters, candidates, moving cells and captions follow the numbers.

import { Lettering, contextOf } from "./live_letters.js";
import { filtered, likeliest } from "./live_chances.js";
import { workedOut } from "./live_sums.js";
import { matrixOf, offsetOf, rowOf } from "./explain.js";
import { linear } from "./stage.js";

const UNMOVED = 0.78; // how far what a change does not reach fades into the wall
const FELT = 0.002; // of a matrix's scale: a difference that can be seen
const MARKS = /([\ue000-\uf7ff])\1?/g; // a letter of the sequence, by its place
const RUNS = /[\ue000-\uf7ff]+/g;
const [HOLE, CHANCE] = ["\uf8fe", "\uf8ff"]; // where a number goes, and the chance of the likeliest token
const BLANKS = /[␣↵␍⇥]/g;

/**
 * @typedef {import("./data").Data} Data
 * @typedef {import("./data").Text} Text
 * @typedef {import("./explain.js").Matrix} Matrix
 * @typedef {import("./explain.js").Model} Model
 * @typedef {import("./live_forward.js").Tensor} Tensor
 * @typedef {import("./stage.js").Painter} Painter
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {Map<string, Float32Array>} Values of every matrix
 * @typedef {{far: Painter, close: Painter}} ColourMap
 */

/** A value as it is written in the picture: two decimals, a true minus. @param {number} value */
function decimals(value) {
  return value.toFixed(2).replace("-", "−");
}

/** A probability in per cent; never rounded to a certainty, or to nothing. @param {number} share */
export function percent(share) {
  if (share < 0.0005) return "< 0.1 %"; // softmax reaches neither 0 nor 1, though numbers of the computer do
  return share >= 0.9995 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
}

/** @type {Record<NonNullable<Text["format"]>, (value: number) => string>} */
const WRITTEN = {
  number: decimals,
  whole: (value) => value.toFixed(0),
  share: percent,
  percent: (value) => `${Math.round(100 * value)} %`,
};

/** The magnitude that fills a colour map, below which a part of all values lies; blind to masked and broken cells.
 * @param {Float32Array} values @param {number} robust */
function scaleOf(values, robust) {
  const sizes = Float32Array.from(values.filter(Number.isFinite), Math.abs).sort();
  if (!sizes.length) return 1;
  const place = robust * (sizes.length - 1);
  const low = Math.floor(place);
  const next = sizes[Math.min(low + 1, sizes.length - 1)];
  return sizes[low] + (next - sizes[low]) * (place - low) || sizes[sizes.length - 1] || 1;
}

export class LiveScene {
  /** @param {Stage} stage @param {Data} data @param {Float32Array} numbers @param {Model} model */
  constructor(stage, data, numbers, model) {
    this.stage = stage;
    this.data = data;
    this.numbers = numbers;
    this.model = model;
    this.live = data.live;
    this.prompt = data.front.prompt; // how many tokens were given
    /** @type {Values | undefined} what the sheets show */
    this.painted = undefined;
    this.shaded = false; // whether what a viewer's changes do not reach is faded
    /** @type {Values | undefined} without a viewer's changes */
    this.base = undefined;
    /** @type {Atlas | undefined} */
    this.atlas = undefined;
    this.names = [...model.matrices.keys()];
    this.length = data.tokens.length; // of the sequence that the scene has room for
    this.given = new Map([...model.matrices].map(([name, { values }]) => [name, values]));
    this.tokens = data.tokens;
    this.captions = Object.fromEntries(
      Object.entries(data.tellings).map(([code, { captions }]) => [code, captions.map(({ text, comment }) => [text, comment])]),
    );
    const lookup = [...model.matrices.values()].find(({ op }) => op?.type === "Lookup" || op?.type === "TokenAndPosition");
    this.table = lookup?.inputs?.[1] ?? ""; // where letters are looked up
    this.maps = readMaps(data.live.maps, numbers);
    const [start, count] = data.live.sums;
    this.rows = numbers.subarray(start, start + 4 * count);
    /** @type {Map<string, number>} */
    this.scales = new Map();
    this.own = this._workOut(); // what the film tells
    this.sums = this.own;
    this.lettering = new Lettering(stage, data.live.texts);
    this.lettering.write(undefined);
  }

  /** Make ready what the first change needs: the picture of all cells, and where each of them is in it. */
  prepare() {
    this.atlas ??= new Atlas(this.stage, this.data);
    for (const sheet of this.stage.sheets.values()) this.atlas.cellsOf(sheet, matrixOf(this.model, sheet.block.matrix));
  }

  /** The scene as the film has it. */
  reset() {
    this._take(this.given, this.tokens);
    this.painted = this.base = undefined;
    this.shaded = false;
    this.scales = new Map();
    this.atlas?.restore();
    this.lettering.write(undefined);
    this._candidates(undefined);
    for (const swarm of this.stage.swarms.values()) {
      swarm.shift = 0;
      swarm.repaint(undefined);
    }
    this._lines(undefined);
    this._gone(false);
    this._limit(Infinity);
    this._captions(undefined);
  }

  /**
   * Show other numbers.
   * @param {Map<string, Tensor>} made every matrix that is not as the file has it
   * @param {number[]} tokens the sequence, and after it what came next
   * @param {number} prompt how many of them were given
   * @param {number} known positions that are computed so far
   * @param {Map<string, Tensor> | undefined} before the same without what the viewer has changed
   */
  show(made, tokens, prompt, known, before) {
    this.prompt = prompt;
    const values = this._filledWith(made);
    const base = before && this._filledWith(before);
    this._take(values, tokens.slice(0, this.length));
    this._paintAll(values, base);
    this.sums = this._workOut();
    this.lettering.write(this.live.texts.map((row) => this._line(row, tokens)));
    this._candidates(this._chances());
    this._swarms();
    this._lines(this.sums);
    this._gone(true);
    this._limit(known);
    this._captions((text) => this._filled(text, tokens));
  }

  /** All matrices: these, and the others as the file has them. @param {Map<string, Tensor>} made @returns {Values} */
  _filledWith(made) {
    const values = new Map(this.given);
    for (const [name, tensor] of made) values.set(name, this._fit(name, tensor));
    return values;
  }

  /** As much of a matrix as the scene has room for: attention looks back only, so the rest changes nothing of it.
   * @param {string} name @param {Tensor} tensor */
  _fit(name, { values, shape }) {
    const { shape: wanted, axes } = matrixOf(this.model, name);
    if (shape.every((n, i) => n === wanted[i])) return values;
    const made = new Float32Array(wanted.reduce((product, n) => product * n, 1));
    if (axes.includes("key") && axes.includes("query")) made.fill(-Infinity);
    copied(values, shape, made, wanted);
    return made;
  }

  /** @param {Values} values @param {number[]} tokens */
  _take(values, tokens) {
    for (const [name, matrix] of this.model.matrices) matrix.values = values.get(name) ?? matrix.values;
    this.model.tokens = tokens;
  }

  // --- sheets ---

  /** Paint every sheet whose numbers are others than those painted. @param {Values} values @param {Values} [base] */
  _paintAll(values, base) {
    const changed = new Set();
    for (const [name, own] of values) {
      const painted = this.painted?.get(name) ?? this.given.get(name);
      if (base || this.shaded || own !== painted) changed.add(name);
    }
    this.scales = new Map();
    this.atlas ??= new Atlas(this.stage, this.data);
    for (const sheet of this.stage.sheets.values()) {
      const { matrix } = sheet.block;
      if (!changed.has(matrix)) continue;
      const [declared, scale] = [matrixOf(this.model, matrix), this.scale(matrix, base)];
      this.atlas.paint(sheet, declared, this._map(sheet.block), scale, base?.get(matrix));
    }
    this.atlas.done();
    this.painted = values;
    this.shaded = Boolean(base);
    this.base = base;
  }

  /** The magnitude that fills a matrix's colours: without a viewer's changes, so that colours can be compared.
   * @param {string} name */
  scale(name, base = this.base) {
    const known = this.scales.get(name);
    if (known !== undefined) return known;
    const scale = scaleOf(base?.get(name) ?? matrixOf(this.model, name).values, this.live.robust);
    this.scales.set(name, scale);
    return scale;
  }

  /** @param {Sheet["block"]} block */
  _map({ role, ramp }) {
    return this.maps[`${role} ${ramp ? "signed" : "positive"}`];
  }

  /** Beyond the positions known so far sheets are empty plates. @param {number} known */
  _limit(known) {
    for (const sheet of this.stage.sheets.values()) sheet.uniforms.uKnown.value = known === Infinity ? 1e6 : known;
    this.known = known;
  }

  // --- what is worked out ---

  /** All numbers of close-ups, as the matrices are. */
  _workOut() {
    const { own, now } = this._letter();
    const wide = this.model.matrices.get(this.table)?.shape[1] ?? 0;
    const aside = (now - own) * wide; // from what the film looks up to what is looked up now
    const ranks = this._ranks();
    const logits = this._row("logits", this._place);
    const cell = (/** @type {number} */ matrix, /** @type {number} */ place) =>
      matrixOf(this.model, this.names[matrix]).values[place];
    const tone = (/** @type {number} */ matrix, /** @type {number} */ place) => {
      const value = cell(matrix, place);
      return Number.isFinite(value) ? Math.min(1, Math.max(-1, value / this.scale(this.names[matrix]))) : 0;
    };
    return workedOut(this.rows, this.live.operations, {
      constant: (value) => value,
      cell,
      tone,
      entry: (matrix, place) => cell(matrix, place + aside),
      entry_tone: (matrix, place) => tone(matrix, place + aside),
      letter: () => now,
      scale: (matrix) => this.scale(this.names[matrix]),
      token: (rank) => ranks[rank],
      ranked: (matrix, rank) => this._row(this.names[matrix], this._place)[ranks[rank]],
      chance: (rank, temperature) => filtered(logits, { temperature, top_k: 0, top_p: 1 })[ranks[rank]],
    });
  }

  /** The position that close-ups look at. */
  get _place() {
    return this.data.front.prompt - 1;
  }

  /** Tokens from the likeliest on, as they may follow it. */
  _ranks() {
    const row = this._row("probs", this._place);
    return Array.from(row, (_, i) => i).sort((i, j) => row[j] - row[i] || i - j);
  }

  /** The token that close-ups look at, in the film and now. */
  _letter() {
    return { own: this.data.tokens[this._place], now: this.model.tokens[this._place] };
  }

  /** By how much a number is another than in the film; none where there is none. @param {number} row */
  _change(row) {
    return row < 0 ? 0 : this.sums[row] - this.own[row];
  }

  // --- what is written ---

  /** A text as it is now: its words, its ink, and how far it stands from where the file has it.
   * @param {Text} row @param {number[]} tokens */
  _line(row, tokens) {
    const [right, up] = (row.shift ?? [-1, -1]).map((place) => (place < 0 ? 0 : this.sums[place]));
    const out = row.deep ? row.deep * this._change(row.tone ?? -1) : 0;
    const text = this._text(row, tokens);
    return { text: row.letters ? broken(text, row.letters) : text, ink: this._ink(row), shift: [right, up, out] };
  }

  /** @param {Text} row @param {number[]} tokens */
  _text(row, tokens) {
    const { pieces } = this.model;
    if (row.sorted && this.prompt !== this.data.front.prompt) return ""; // places are those of its length
    if (row.token !== undefined) return (pieces[tokens[row.token]] ?? "").trim();
    if (row.predicted !== undefined) return pieces[likeliest(this._row("probs", row.predicted))];
    if (row.rank !== undefined) {
      const [token, share] = this._chances()[row.rank];
      return row.kind === "token" ? pieces[token] : percent(share);
    }
    const numbers = (row.numbers ?? []).map((place) => WRITTEN[row.format ?? "number"](this.sums[place]));
    const text = (row.text ?? HOLE).replaceAll(HOLE, () => numbers.shift() ?? "");
    return this._filled(text, tokens, !row.step);
  }

  /** What a text is written with: on a cell, what is read on its colour. @param {Text} row */
  _ink({ ink, on, tone, entry }) {
    if (entry !== undefined) return this.data.look[entry === this._letter().now ? "accent" : "ink"];
    if (!on) return ink;
    const colour = new Float32Array(3);
    this.maps[on].close(tone === undefined ? 0 : this.sums[tone], colour, 0);
    const [r, g, b] = colour.map(linear);
    return this.live.inks[0.2126 * r + 0.7152 * g + 0.0722 * b < this.live.half_way ? 0 : 1];
  }

  /** @param {string} name @param {number} position */
  _row(name, position) {
    return rowOf(matrixOf(this.model, name), position);
  }

  /** What may follow the film's prompt, the likeliest first. @returns {[number, number][]} */
  _chances() {
    const row = this._row("probs", this._place);
    return this._ranks().slice(0, this.live.candidates.bars.length).map((token) => [token, row[token]]); // prettier-ignore
  }

  /** A text with its holes filled: single letters as one speaks of them, several as running text.
   * @param {string} text @param {number[]} tokens
   * @param {boolean} whole whether all of the film's prompt stands for all of this one, however long, and so the answer */
  _filled(text, tokens, whole = true) {
    const share = Math.max(...this._row("probs", this._place));
    const said = (/** @type {number} */ place) => this.model.pieces[tokens[place]] ?? "";
    return text.replaceAll(CHANCE, percent(share)).replace(RUNS, (run) => {
      const places = [...run.matchAll(MARKS)].map(([found]) => found.charCodeAt(0) - 0xe000);
      const all = whole ? this._stretch(places, tokens.length) : places;
      const plain = all.map(said).join("").replace(BLANKS, " ");
      return places.length > 1 ? plain : plain.trim() || said(places[0]);
    });
  }

  /** The places of this prompt, or of its answer, where those of the film's are meant.
   * @param {number[]} places @param {number} length */
  _stretch(places, length) {
    const from = this.data.front.prompt;
    const range = (/** @type {number} */ start, /** @type {number} */ end) => Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
    if (places.length > 1 && places[0] === 0 && places.at(-1) === from - 1) return range(0, this.prompt);
    if (places.length > 1 && places[0] === from && places.at(-1) === this.length) return range(this.prompt, length);
    return places;
  }

  /** @param {(text: string) => string} [fill] */
  _captions(fill) {
    for (const [code, { captions }] of Object.entries(this.data.tellings))
      captions.forEach((caption, i) => {
        const holes = this.live.captions[code][i];
        const [text, comment] = fill && holes ? holes.map(fill) : this.captions[code][i];
        if (text !== caption.text || comment !== caption.comment) captions[i] = { ...caption, text, comment };
      });
  }

  // --- candidates, moving cells, and what stays away ---

  /** @param {[token: number, chance: number][]} [chances] */
  _candidates(chances) {
    const { parts } = this.stage;
    const { unit, lengths, bars } = this.live.candidates;
    bars.forEach((name, rank) => {
      const length = chances ? unit * (chances[rank]?.[1] ?? 0) : lengths[rank];
      for (const part of parts.named.get(name) ?? []) parts.stretch(part, Math.max(1e-4, length / lengths[rank]));
      for (const part of parts.named.get(name.replace(/bar$/, "share")) ?? [])
        parts.rows[part].shift = length - lengths[rank];
    });
  }

  _swarms() {
    const { own, now } = this._letter();
    const looked = this.live.operations.indexOf("entry_tone");
    for (const [name, painted] of Object.entries(this.live.swarms)) {
      const swarm = this.stage.swarms.get(name);
      if (!swarm) continue;
      if (!("tones" in painted)) {
        swarm.repaint("gone");
        continue;
      }
      const { tones: at, deep, places, sizes } = painted;
      const { count } = swarm.mesh;
      const row = (/** @type {number} */ pose, /** @type {number} */ i) => this.numbers[at + pose * count + i];
      swarm.shift = this.rows[4 * row(0, 0)] === looked ? now - own : 0; // out of its sheet
      const tone = (/** @type {number} */ pose, /** @type {number} */ i) => this.sums[row(pose, i)];
      const out = (/** @type {number} */ pose, /** @type {number} */ i) =>
        deep[pose] ? deep[pose] * this._change(row(pose, i)) : 0;
      swarm.repaint({ map: this.maps[swarm.map], tone, out, places: this._moves(places), sizes: this._moves(sizes) });
    }
  }

  /** Places or sizes that hang on numbers: pose, cell, axis, and what it is now. @param {[number, number]} [stored] */
  *_moves([start, count] = [0, 0]) {
    for (let i = start; i < start + 4 * count; i += 4) {
      const [pose, cell, axis, row] = this.numbers.subarray(i, i + 4);
      yield [pose, cell, axis, this.sums[row]];
    }
  }

  /** Lines that tell numbers by where they stand, or how long they are. @param {Float64Array} [sums] */
  _lines(sums) {
    const { parts } = this.stage;
    for (const [name, { shift, stretch, from = 0 }] of Object.entries(this.live.lines))
      for (const part of parts.named.get(name) ?? []) {
        const [right, up] = (shift ?? [-1, -1]).map((row) => (sums && row >= 0 ? sums[row] : 0));
        const times = sums && stretch !== undefined ? sums[stretch] : 1;
        if (stretch !== undefined) parts.stretch(part, times);
        const aside = stretch === undefined ? 0 : (from - parts.rows[part].at[0]) * (1 - times);
        Object.assign(parts.rows[part], { shift: right + aside, rise: up, gone: Boolean(sums) && !shift && stretch === undefined });
      }
  }

  /** @param {boolean} gone */
  _gone(gone) {
    for (const name of this.live.gone)
      for (const part of this.stage.parts.named.get(name) ?? []) this.stage.parts.rows[part].gone = gone;
  }
}

/** A text in lines of so many letters, between words where there are any. @param {string} text @param {number} letters */
function broken(text, letters) {
  const lines = [""];
  for (const word of text.match(/\s*\S+/g) ?? [])
    for (let rest = word; rest; ) {
      const last = lines[lines.length - 1];
      if (rest.length <= letters - last.length || (!last && rest.trim().length <= letters)) {
        lines[lines.length - 1] += last ? rest : rest.trimStart();
        break;
      }
      if (last) lines.push("");
      else [lines[lines.length - 1], rest] = [rest.trimStart().slice(0, letters), rest.trimStart().slice(letters)];
    }
  return lines.join("\n");
}

/** Copy the common part of two arrays of different shapes. @param {Float32Array} from @param {number[]} shape
 * @param {Float32Array} into @param {number[]} wanted */
function copied(from, shape, into, wanted) {
  const common = shape.map((n, i) => Math.min(n, wanted[i]));
  const runs = common.slice(0, -1).reduce((product, n) => product * n, 1);
  for (let run = 0; run < runs; run++) {
    const index = [];
    let rest = run;
    for (let axis = common.length - 2; axis >= 0; axis--) {
      index.unshift(rest % common[axis]);
      rest = Math.floor(rest / common[axis]);
    }
    const start = offsetOf([...index, 0], shape);
    into.set(from.subarray(start, start + common[common.length - 1]), offsetOf([...index, 0], wanted));
  }
}

// --- colours ---

/** The colour maps: a function from a share in -1 to 1 to sRGB, in sheets and seen close.
 * @param {import("./data").Maps} data @param {Float32Array} numbers
 * @returns {Record<import("./data").MapName, ColourMap>} */
function readMaps({ steps, ...maps }, numbers) {
  /** @type {(start: number, signed: boolean) => Painter} */
  const read = (start, signed) => (share, into, at) => {
    const low = signed ? -1 : 0;
    const place = Math.round((Math.min(1, Math.max(low, share)) - low) * steps);
    for (let k = 0; k < 3; k++) into[at + k] = numbers[start + 3 * place + k];
  };
  const found = Object.entries(maps).map(([name, [far, close]]) => {
    const signed = name.endsWith("signed");
    return [name, { far: read(far, signed), close: read(close, signed) }];
  });
  return Object.fromEntries(found);
}

/** The picture of all cells, painted anew cell by cell. */
class Atlas {
  /** @param {Stage} stage @param {Data} data */
  constructor(stage, data) {
    const [sheet] = stage.sheets.values();
    this.texture = sheet.mesh.material.map;
    const { image } = this.texture;
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = contextOf(canvas);
    context.drawImage(image, 0, 0);
    this.pixels = context.getImageData(0, 0, image.width, image.height);
    this.original = this.pixels.data.slice();
    this.wall = rgb(data.look.wall);
    this.broken = rgb(data.live.broken);
    /** @type {Map<Sheet, Int32Array>} the matrix cell at every row and column of a sheet */
    this.cells = new Map();
    this.stage = stage;
  }

  /** @param {Sheet} sheet @param {Matrix} matrix @param {ColourMap} map @param {number} scale
   * @param {Float32Array | undefined} base what the values were without a viewer's changes */
  paint(sheet, matrix, map, scale, base) {
    const [rows, columns] = sheet.block.shape;
    const cells = this.cellsOf(sheet, matrix);
    const { x, y, tile } = this._place(sheet);
    const colour = new Float32Array(3);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const cell = cells[row * columns + column];
        const value = matrix.values[cell];
        if (value === -Infinity) colour.set(this.wall);
        else if (!Number.isFinite(value)) colour.set(this.broken);
        else map.far(value / scale, colour, 0);
        if (base && !(Math.abs(value - base[cell]) > FELT * scale))
          for (let k = 0; k < 3; k++) colour[k] += UNMOVED * (this.wall[k] - colour[k]);
        this._fill(x + column * tile + 1, y + row * tile + 1, tile - 1, colour);
      }
  }

  /** @param {number} x @param {number} y @param {number} size @param {Float32Array} colour */
  _fill(x, y, size, [r, g, b]) {
    const { data, width } = this.pixels;
    for (let j = y; j < y + size; j++)
      for (let at = 4 * (j * width + x), end = at + 4 * size; at < end; at += 4) {
        data[at] = 255 * r;
        data[at + 1] = 255 * g;
        data[at + 2] = 255 * b;
      }
  }

  /** @param {Sheet} sheet @param {Matrix} matrix */
  cellsOf(sheet, matrix) {
    const known = this.cells.get(sheet);
    if (known) return known;
    const [rows, columns] = sheet.block.shape;
    const found = new Int32Array(rows * columns);
    for (let i = 0; i < found.length; i++) {
      found[i] = offsetOf(sheet.cell(Math.floor(i / columns), i % columns, matrix), matrix.shape);
    }
    this.cells.set(sheet, found);
    return found;
  }

  /** Where a sheet is in the picture, and the texels of its cells. @param {Sheet} sheet */
  _place(sheet) {
    const { uv } = sheet.mesh.geometry.attributes;
    const { width, height } = this.pixels;
    const x = [0, 1, 2, 3].map((i) => uv.getX(i) * width);
    const y = [0, 1, 2, 3].map((i) => uv.getY(i) * height);
    const [left, top] = [Math.round(Math.min(...x)), Math.round(Math.min(...y))];
    return { x: left, y: top, tile: Math.round((Math.max(...x) - left - 1) / sheet.block.shape[1]) };
  }

  /** The picture of the file. */
  restore() {
    this.pixels.data.set(this.original);
    this.done();
  }

  done() {
    this.texture.image = this.pixels;
    this.texture.needsUpdate = true;
    this.stage.stale = true;
  }
}

const rgb = (/** @type {string} */ code) => [1, 3, 5].map((i) => parseInt(code.slice(i, i + 2), 16) / 255);
