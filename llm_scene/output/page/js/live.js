// Any prompt: what is typed runs through the model in a worker, and the scene follows.

import { Tokens } from "./live_tokens.js";
import { dice, draw, filtered, likeliest, softmax } from "./live_chances.js";
import { LiveScene, percent } from "./live_scene.js";
import { element, filled, inside } from "./markup.js";
import { matrixOf, rowOf } from "./explain.js";

const SHOWN = 8; // candidates with bars
const PACE = 420; // milliseconds between two tokens that are written
const WAIT = 120; // after the last key before the model runs
const NAMED = 12; // letters that a message lists
const SLIDERS = {
  temperature: { min: 0, max: 3, step: 0.05 },
  top_k: { min: 0, max: 40, step: 1 },
  top_p: { min: 0.05, max: 1, step: 0.05 },
};
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @typedef {import("./data").Data} Data
 * @typedef {import("./explain.js").Explanation} Explanation
 * @typedef {import("./explain.js").Model} Model
 * @typedef {import("./live_forward.js").Change} Change
 * @typedef {import("./live_forward.js").Tensor} Tensor
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {Map<string, Tensor>} Made the matrices of a forward pass
 * @typedef {{button: HTMLButtonElement, matrix: string, head: number, layer: number}} Switch
 */

/** The model in a worker. */
class Runner {
  /** @param {Model["matrices"]} matrices */
  constructor(matrices) {
    this.worker = new Worker(URL.createObjectURL(script()));
    /** @type {Map<number, (found: [string, Tensor][]) => void>} */
    this.waiting = new Map();
    this.asked = 0;
    this.seconds = 0; // that the latest pass took
    this.worker.onmessage = ({ data }) => {
      this.seconds = data.seconds;
      this.waiting.get(data.asked)?.(data.matrices);
      this.waiting.delete(data.asked);
    };
    const rows = [...matrices.values()].map(({ name, op, inputs, shape, values }) => ({ name, op, inputs, shape, values: op ? undefined : values.slice() })); // prettier-ignore
    this.worker.postMessage({ rows });
  }

  /** All matrices of a forward pass. @param {number[]} tokens @param {Change[]} changes @returns {Promise<Made>} */
  run(tokens, changes) {
    const asked = ++this.asked;
    return new Promise((done) => {
      this.waiting.set(asked, (found) => done(new Map(found)));
      this.worker.postMessage({ asked, tokens, changes });
    });
  }
}

/** live_forward.js as a plain script: a page from a disk may not start workers from modules. */
function script() {
  const code = inside(document, "script[data-module=live_forward]").textContent ?? "";
  return new Blob([code.replace(/^export /gm, "")], { type: "text/javascript" });
}

export class Live {
  field = element("input", { type: "text", autocomplete: "off", spellcheck: false, maxLength: 2000 });
  title = element("span", {});
  examples = element("div", { className: "examples" });
  status = element("p", { className: "status" });
  strip = element("p", { className: "strip" });
  heading = element("h3", {});
  bars = element("ul", { className: "bars" });
  verdict = element("p", { className: "verdict" });
  go = element("button", { className: "go", onclick: () => this.write() });
  home = element("button", { onclick: () => this.back() });
  heads = element("div", { className: "heads" });
  headsTitle = element("summary", {});
  undoer = element("button", { className: "undo", onclick: () => this.undo() });
  closer = element("button", { className: "close", onclick: () => this.toggle(false) }, "×");
  /** @param {import("./main.js").Page} page @param {Data} data @param {Float32Array} numbers
   * @param {Model} model what the inspector knows */
  constructor(page, data, numbers, model) {
    this.page = page;
    this.data = data;
    this.model = model;
    this.facts = data.live;
    this.numbers = numbers;
    this.box = inside(document, "#live");
    this.opener = inside(document, "#try");
    this.tokens = this.facts.tokenizer && new Tokens(this.facts.tokenizer);
    /** @type {Change[]} */
    this.changes = [];
    this.sampling = { ...this.facts.sampling };
    this.turn = 0; // counts what was asked for, so that what is late is dropped
    /** @type {Runner | undefined} */
    this.runner = undefined;
    /** @type {LiveScene | undefined} */
    this.scene = undefined;
    /** @type {Made | undefined} what the model computes of the sequence */
    this.now = undefined;
    /** @type {Made | undefined} the same without a viewer's changes, where there are any */
    this.before = undefined;
    /** @type {object | undefined} the run that writes token by token */
    this.writing = undefined;
    /** @type {number | undefined} the timer after the last key */
    this.typing = undefined;
    /** @type {number[]} token ids */
    this.prompt = [];
    /** @type {number[]} what the model wrote after it */
    this.written = [];
    this.at = 0; // the position after which the bars tell what was expected
    this.message = ""; // what is wrong with a text
    this.own = true; // whether it is the film's prompt
    this._own();
    this.board = this.switchboard();
    const sliders = /** @type {(keyof typeof SLIDERS)[]} */ (Object.keys(SLIDERS));
    this.lines = sliders.map((name) => this._slider(name));
    this._build();
    this.opener.addEventListener("click", () => this.toggle());
    page.inspector.extend = (told, box) => this._changer(told, box);
    page.inspector.empty = (sheet, row, column) => this._empty(sheet, row, column);
    this.speak();
  }

  /** The film's own prompt, and what the model wrote there. */
  _own() {
    this.prompt = this.data.tokens.slice(0, this.data.front.prompt);
    this.written = [...this.data.tokens.slice(this.data.front.prompt), this.facts.last];
    this.at = this.prompt.length - 1;
    this.message = "";
    this.own = true;
  }

  get words() {
    return this.page.telling.page;
  }

  toggle(open = Boolean(this.box.hidden)) {
    this.box.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("trying", open);
    if (!open) return this.opener.focus();
    this._start();
    this.field.focus();
    if (!this.now) this.follow();
  }

  /** What only a viewer who tries needs. */
  _start() {
    this.runner ??= new Runner(this.model.matrices);
    this.scene ??= new LiveScene(this.page.stage, this.data, this.numbers, this.model);
    return { runner: this.runner, scene: this.scene };
  }

  /** Step by step what a first try would wait for, to be done while nothing else is. @returns {(() => unknown)[]} */
  warm() {
    return [
      () => (this.runner ??= new Runner(this.model.matrices)).run(this._padded(this.sequence), []),
      () => this._start().scene.prepare(),
      () => this.runner?.run(this._padded(this.sequence), []),
    ];
  }

  // --- the model ---

  get sequence() {
    return [...this.prompt, ...this.written];
  }

  /** How many tokens the model writes by itself: as many as the scene has room for, and one more. */
  get wanted() {
    return Math.max(1, this.data.tokens.length + 1 - this.prompt.length);
  }

  /** Take a text as the prompt. @param {string} text */
  async ask(text) {
    this._start();
    const ids = this._read(text);
    if (!ids) return this._say();
    this._stop();
    this.field.value = text;
    this._visit();
    this.prompt = ids;
    this.written = [];
    this.at = ids.length - 1;
    this.own = text === this.facts.prompt;
    if (this.own) this._own();
    const turn = ++this.turn;
    const chance = dice(1);
    while (!this.own && this.written.length < this.wanted && this.sequence.length <= this.facts.context) {
      const next = await this._next(chance);
      if (turn !== this.turn) return;
      this.written.push(next);
    }
    await this.follow();
  }

  /** Before the film has begun: where all of the model is to be seen at work. */
  _visit() {
    if (document.body.classList.contains("begun")) return;
    document.body.classList.add("begun");
    const { chapters } = this.data;
    const loop = chapters.find(({ name }) => name === "loop") ?? chapters[chapters.length - 1];
    this.page.seek(loop.end - 0.5);
  }

  /** Token ids of a text; otherwise says what is wrong with it. @param {string} text */
  _read(text) {
    const { words } = this;
    this.message = "";
    if (!text) this.message = words.try_empty;
    const ids = text ? this.tokens?.encode(text) : undefined;
    if (text && !ids) this.message = this._strange(text);
    if (ids && ids.length > this.facts.context) {
      this.message = filled(words.try_long, { count: ids.length, most: this.facts.context });
      return undefined;
    }
    return ids?.length ? ids : undefined;
  }

  /** @param {string} text */
  _strange(text) {
    const strange = (this.tokens?.strange(text) ?? []).slice(0, NAMED).map((letter) => `“${letter}”`).join(" "); // prettier-ignore
    const known = this.data.pieces.every((piece) => [...piece].length === 1) ? this.data.pieces.join("") : "";
    return filled(known ? this.words.try_strange : this.words.try_unknown, { letters: strange, known });
  }

  /** The next token after the sequence. @param {() => number} chance */
  async _next(chance) {
    const { sequence } = this;
    const made = await this._start().runner.run(sequence, this.changes);
    return this._drawn(made, sequence.length - 1, chance());
  }

  /** Run the model over the sequence, and let scene and panel follow. */
  async follow(known = Infinity) {
    const { runner, scene } = this._start();
    const turn = ++this.turn;
    const padded = this._padded(this.sequence);
    const plain = await runner.run(padded, []);
    const now = this.changes.length ? await runner.run(padded, this.changes) : plain;
    if (turn !== this.turn) return;
    this.now = now;
    this.before = this.changes.length ? plain : undefined;
    if (this.own && !this.changes.length && known === Infinity) scene.reset();
    else scene.show(now, this.sequence, this.prompt.length, Math.min(known, this.sequence.length), this.before);
    this._shown();
  }

  /** As many tokens as the model reads and the scene has room for. @param {number[]} tokens */
  _padded(tokens) {
    const read = tokens.slice(0, this.facts.context);
    return [...read, ...new Array(Math.max(0, this.data.tokens.length - read.length)).fill(0)];
  }

  _shown() {
    const { page } = this;
    page.shown = undefined;
    if (page.lesson) page.lesson.told = undefined;
    page.inspector.again();
    document.title = this.own ? this.data.title : `${this.data.title.split(": ")[0]}: ${this._spelled(this.prompt)}`;
    this._draw();
  }

  // --- writing ---

  /** Write token by token; once more: stop. */
  async write() {
    if (this.writing) return this._stop();
    const writing = (this.writing = {});
    this.written = [];
    this.own = false;
    const room = this.facts.context + 1 - this.prompt.length;
    const count = Math.min(room, Math.max(this.wanted, this.data.live.steps));
    this.page.play(false);
    for (let i = 0; i < count && this.writing === writing; i++) {
      this.at = this.sequence.length - 1;
      await this.follow(this.sequence.length);
      if (this.writing !== writing) return;
      await new Promise((done) => setTimeout(done, calm.matches ? 0 : PACE));
      if (this.writing !== writing) return;
      if (this.now) this.written.push(this._drawn(this.now, this.at, Math.random()));
    }
    this._stop();
    await this.follow();
  }

  /** A token that follows a position, as the sliders and a chance from 0 to 1 have it.
   * @param {Made} made @param {number} position @param {number} chance */
  _drawn(made, position, chance) {
    return draw(filtered(rowOf(logitsOf(made), position), this.sampling), chance);
  }

  _stop() {
    this.writing = undefined;
    this._draw();
  }

  // --- changes ---

  /** Give a cell another value, or take that back. @param {Change} change */
  change(change) {
    const same = (/** @type {Change} */ other) => JSON.stringify({ ...other, value: 0 }) === JSON.stringify({ ...change, value: 0 });
    this.changes = [...this.changes.filter((other) => !same(other)), change];
    return this.follow();
  }

  /** Whether a head is switched off. @param {string} matrix @param {number} head */
  silent(matrix, head) {
    return this.changes.some((change) => change.matrix === matrix && change.head === head);
  }

  /** Switch a head off, or on again. @param {string} matrix @param {number} head */
  head(matrix, head) {
    if (!this.silent(matrix, head)) return this.change({ matrix, head, value: 0 });
    this.changes = this.changes.filter((change) => change.matrix !== matrix || change.head !== head);
    return this.follow();
  }

  /** Put everything back. */
  undo() {
    this.changes = [];
    return this.follow();
  }

  /** Back to the film's prompt, with nothing changed. */
  back() {
    this._stop();
    this.changes = [];
    this.sampling = { ...this.facts.sampling };
    this._own();
    this.field.value = this.facts.prompt;
    return this.follow();
  }

  /** In the inspector's box: another value for the kept cell. @param {Explanation} told @param {HTMLElement} box */
  _changer({ matrix, cell, value }, box) {
    if (matrix === "tokens") return;
    const { words } = this;
    const input = element("input", { type: "text", inputMode: "decimal", value: String(Number(value.toPrecision(4))), ariaLabel: words.try_value }); // prettier-ignore
    const set = (/** @type {string} */ text) => {
      const wanted = Number(text.replace("−", "-").replace(",", "."));
      if (!text.trim() || !Number.isFinite(wanted)) return input.setAttribute("aria-invalid", "true");
      return this.change({ matrix, cell: [...cell], value: wanted });
    };
    const form = element("form", { className: "changer" }, element("label", {}, words.try_value), input, element("button", {}, words.try_set), element("button", { type: "button", onclick: () => set("0") }, "0")); // prettier-ignore
    form.addEventListener("submit", (event) => (event.preventDefault(), set(input.value)));
    if (this.changes.length) form.append(element("button", { type: "button", onclick: () => this.undo() }, words.try_undo)); // prettier-ignore
    box.append(form);
  }

  /** Whether a cell of a sheet holds nothing yet. @param {Sheet} sheet @param {number} row @param {number} column */
  _empty(sheet, row, column) {
    const { x: byRows } = sheet.uniforms.uOrder.value;
    return sheet.block.role !== "weight" && (byRows ? row : column) >= sheet.uniforms.uKnown.value;
  }

  // --- the panel ---

  _build() {
    Object.assign(this.field, { value: this.facts.prompt, disabled: !this.tokens });
    this.field.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.ask(this.field.value), WAIT);
    });
    this.field.addEventListener("keydown", (event) => event.key === "Enter" && this.ask(this.field.value));
    if (this.tokens)
      this.examples.append(...this.facts.examples.map((text) => element("button", { onclick: () => ((this.field.value = text), this.ask(text)) }, text.trim()))); // prettier-ignore
    this.status.setAttribute("role", "status");
    const asked = element("label", { className: "ask" }, this.title, this.field);
    const sliders = element("div", { className: "sliders" }, ...this.lines.map(({ line }) => line));
    this.box.append(
      this.closer, asked, this.examples, this.status, this.strip, this.heading, this.bars, this.verdict, this.undoer,
      sliders, element("div", { className: "buttons" }, this.go, this.home),
      element("details", {}, this.headsTitle, this.heads),
    ); // prettier-ignore
    this.heads.append(...this.board.lines);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.toggle(false);
      event.stopPropagation(); // letters typed here are no shortcuts
    });
  }

  /** @param {keyof typeof SLIDERS} name */
  _slider(name) {
    const range = SLIDERS[name];
    const most = name === "top_k" ? Math.min(range.max, this.data.pieces.length) : range.max;
    const input = element("input", { type: "range", ...range, max: most, value: this.sampling[name], id: `live-${name}` });
    const shown = element("output", {});
    const title = element("label", { htmlFor: input.id });
    input.addEventListener("input", () => {
      this.sampling[name] = Number(input.value);
      this._draw();
    });
    return { name, input, shown, title, line: element("div", {}, title, input, shown) };
  }

  /** A switch for every head of every block, in a line a block. */
  switchboard() {
    const mixed = [...this.model.matrices.values()].filter(({ op }) => op?.type === "WeightedValues");
    /** @type {Switch[]} */
    const switches = [];
    const lines = mixed.map(({ name: matrix, shape }, layer) => {
      const line = element("div", {}, element("span", {}));
      for (let head = 0; head < shape[0]; head++) {
        const button = element("button", { type: "button", onclick: () => this.head(matrix, head) }, String(head + 1));
        switches.push({ button, matrix, head, layer });
        line.append(button);
      }
      return line;
    });
    return { lines, switches };
  }

  /** Name switches, and show which heads are off. @param {{lines: Element[], switches: Switch[]}} board */
  label({ lines, switches }) {
    const { words } = this;
    lines.forEach((line, layer) => {
      inside(line, "span").textContent = filled(words.try_block, { layer: layer + 1 });
    });
    for (const { button, matrix, layer, head } of switches) {
      button.title = button.ariaLabel = filled(words.try_head, { layer: layer + 1, head: head + 1 });
      button.setAttribute("aria-pressed", String(this.silent(matrix, head)));
    }
  }

  /** All words in the language of the page. */
  speak() {
    const { words } = this;
    this.opener.title = words.try;
    this.opener.setAttribute("aria-label", words.try);
    this.box.setAttribute("aria-label", words.try);
    this.title.textContent = this.field.ariaLabel = words.try_prompt;
    this.closer.ariaLabel = words.close;
    this.home.textContent = words.try_back;
    this.undoer.textContent = words.try_undo;
    this.headsTitle.textContent = words.try_heads;
    for (const { title, input, name } of this.lines) title.textContent = input.ariaLabel = words[name];
    this._draw();
  }

  _say() {
    this.status.textContent = this.message || this._note();
    this.status.classList.toggle("wrong", Boolean(this.message));
    this.field.setAttribute("aria-invalid", String(Boolean(this.message)));
  }

  /** What to know about the picture under this prompt. */
  _note() {
    const { words, prompt, data } = this;
    if (!this.tokens) return words.try_fixed;
    const room = data.tokens.length;
    if (prompt.length > room) return filled(words.try_cut, { count: room, all: prompt.length });
    if (prompt.length !== data.front.prompt) return filled(words.try_film, { count: data.front.prompt });
    return "";
  }

  /** The panel as things are. */
  _draw() {
    const { words } = this;
    this._say();
    this.strip.replaceChildren(...this.sequence.map((token, i) => this._token(token, i)));
    for (const { name, input, shown } of this.lines) {
      input.value = String(this.sampling[name]);
      shown.textContent = name === "top_k" && !this.sampling[name] ? words.try_all : String(this.sampling[name]);
    }
    this.go.textContent = this.writing ? words.try_stop : words.try_write;
    this.home.hidden = this.own && !this.changes.length;
    this.undoer.hidden = !this.changes.length;
    this.label(this.board);
    if (!this.now) return;
    const { heading, rows, verdict } = this.expected(this.at);
    this.heading.textContent = heading;
    this.bars.replaceChildren(...rows);
    this.verdict.textContent = verdict;
  }

  /** A token of the sequence; pressed, the bars tell what was expected after it. @param {number} token @param {number} i */
  _token(token, i) {
    const known = this.now && i < logitsOf(this.now).shape[0];
    const button = element("button", { disabled: !known, className: i < this.prompt.length ? "" : "written", onclick: () => ((this.at = i), this._draw()) }, this.data.pieces[token]); // prettier-ignore
    button.setAttribute("aria-pressed", String(i === this.at));
    return button;
  }

  /** Scores of what comes after a position: now, and before a viewer's changes. @param {number} at */
  _scores(at) {
    const now = this.now ? logitsOf(this.now) : matrixOf(this.model, "logits");
    return { now: rowOf(now, at), before: this.before && rowOf(logitsOf(this.before), at) };
  }

  /** Of the places where the model writes, the first at which a viewer's changes make another token the likeliest;
   * otherwise the one whose chances they change most. */
  turned() {
    const first = this.prompt.length - 1;
    const places = Array.from({ length: this.sequence.length - first }, (_, i) => first + i);
    const rows = places.filter((at) => at < (this.now ? logitsOf(this.now).shape[0] : 0)).map((at) => {
      const { now, before = now } = this._scores(at);
      const [was, is] = [softmax(before), softmax(now)];
      const best = likeliest(was);
      return { at, turns: best !== likeliest(is), moved: Math.abs(was[best] - is[best]) };
    });
    const [most] = [...rows].sort((a, b) => b.moved - a.moved);
    return (rows.find(({ turns }) => turns) ?? most)?.at ?? first;
  }

  /** What the model writes by itself, always the likeliest: before a viewer's changes, and now. */
  async continued() {
    const { prompt, changes, wanted } = this;
    const { runner } = this._start();
    const write = async (/** @type {Change[]} */ given) => {
      const tokens = [...prompt];
      while (tokens.length < prompt.length + wanted) {
        const made = await runner.run(this._padded(tokens), given);
        tokens.push(likeliest(rowOf(logitsOf(made), tokens.length - 1)));
      }
      return this._spelled(tokens.slice(prompt.length));
    };
    return { before: await write([]), now: await write(changes) };
  }

  /** The likeliest tokens after a position: as sliders leave them, over what the model itself expects; and what
   * the changes meant. @param {number} place @param {Data["live"]["sampling"]} sampling */
  expected(place, sampling = this.sampling) {
    const { words, data } = this;
    const at = Math.min(place, this.now ? logitsOf(this.now).shape[0] - 1 : place);
    const { now, before } = this._scores(at);
    const chances = softmax(now);
    const shares = filtered(now, sampling);
    const base = before && softmax(before);
    const order = [...chances.keys()].sort((i, j) => (base ?? chances)[j] - (base ?? chances)[i] || i - j);
    const sure = shares.filter((share) => share > 0).length === 1;
    return {
      order: order.slice(0, SHOWN),
      heading: filled(words.try_next, { text: this._spelled(this.sequence.slice(0, at + 1)).slice(-24) }),
      rows: order.slice(0, SHOWN).map((token) => bar(data.pieces[token], shares[token], (base ?? chances)[token], sure)), // prettier-ignore
      verdict: base ? this._verdict(order[0], base, chances) : "",
    };
  }

  /** What the changes meant. @param {number} token @param {number[]} before @param {number[]} after */
  _verdict(token, before, after) {
    const now = likeliest(after);
    const told = { token: this.data.pieces[token], before: percent(before[token]), after: percent(after[token]) };
    const other = { other: this.data.pieces[now], chance: percent(after[now]) };
    const same = told.before === told.after ? this.words.try_stays : this.words.try_meant;
    return filled(now === token ? same : this.words.try_turned, { ...told, ...other });
  }

  /** @param {number[]} tokens */
  _spelled(tokens) {
    return tokens.map((token) => this.data.pieces[token]).join("").replace(/[␣↵␍⇥]/g, " "); // prettier-ignore
  }
}

/** @param {Made} made @returns {Tensor} */
function logitsOf(made) {
  const found = made.get("logits");
  if (!found) throw new Error("the model made no logits");
  return found;
}

/** A token, how likely it is to be taken, and as an outline how likely it was.
 * @param {string} piece @param {number} share @param {number} chance @param {boolean} sure whether nothing else can be */
function bar(piece, share, chance, sure) {
  const told = sure || share === 0 ? `${100 * share} %` : percent(share);
  const made = element("li", {}, element("span", {}, piece), element("i", {}, element("b", {}), element("s", {})), element("small", {}, told)); // prettier-ignore
  inside(made, "b").style.width = `${100 * share}%`;
  inside(made, "s").style.width = `${100 * chance}%`;
  return made;
}
