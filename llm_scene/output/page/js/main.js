// The page: reads what is packed in it, and lets one play, scrub, look around and ask.

import { explain, number } from "./explain.js";
import { Film, clock, presence, standing } from "./film.js";
import { Stage } from "./stage.js";
import { Inspector } from "./inspector.js";
import { element, inside } from "./markup.js";
import { Live } from "./live.js";
import { Lesson } from "./lesson.js";
import { Diagram, Predictions } from "./contents.js";
import { Menu, Panel } from "./menu.js";
import { Transcript } from "./transcript.js";

const STEP = 5; // seconds an arrow key skips
const SOFT = 0.35; // seconds in which captions and cards come and go
const LONGEST = 0.5; // seconds that a picture may take without the film waiting for it
const PATIENCE = 800; // milliseconds to wait where a browser does not say that it has nothing to do
const STILL = 6; // pixels within which a press counts as a click
const TYPING = "select, textarea, input:not(#scrubber, [type=checkbox])"; // what has keys of its own
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const touch = matchMedia("(hover: none)");

/** @typedef {import("./data").Data} Data */

/** @type {<T extends HTMLElement = HTMLElement>(id: string, kind?: new () => T) => T} */
const find = (id, kind) => inside(document, `#${id}`, kind);

/** Everything that the page carries. @param {ArrayBuffer} bytes */
function unpack(bytes) {
  const [text, numbers] = new Uint32Array(bytes, 0, 3);
  /** @type {Data} */
  const data = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 12, text)));
  const values = new Float32Array(bytes, 12 + text, numbers / 4);
  /** @type {Map<string, import("./explain.js").Matrix>} */
  const matrices = new Map();
  for (const matrix of data.matrices) {
    const size = matrix.shape.reduce((product, n) => product * n, 1);
    matrices.set(matrix.name, { ...matrix, values: values.subarray(matrix.at, matrix.at + size) });
  }
  return { data, values, matrices, model: bytes.slice(12 + text + numbers) };
}

export class Page {
  /** @param {Stage} stage @param {Film} film @param {Inspector} inspector @param {Data} data */
  constructor(stage, film, inspector, data) {
    this.stage = stage;
    this.film = film;
    this.inspector = inspector;
    this.data = data;
    /** @type {Live | undefined} */
    this.live = undefined;
    this.language = "en" in data.tellings ? "en" : Object.keys(data.tellings)[0];
    this.silent = false;
    this.time = 0;
    this.playing = false;
    this.loop = false;
    this.awake = false;
    this.engaged = false; // whether wheel and fingers are ours in another's page
    /** @type {number | undefined} the time that is shown */
    this.shown = undefined;
    /** @type {number | undefined} when the picture before was drawn, while it plays */
    this.last = undefined;
    /** @type {number | undefined} the chapter that is shown */
    this.number = undefined;
    this.speed = 1;
    this.draws = 0; // pictures drawn so far
    this.lesson = new Lesson(this, find("lesson"));
    this.panel = new Panel(find("chapters"), find("list"));
    this.diagram = new Diagram(this, inside(find("list"), ".diagram"));
    this.predictions = new Predictions(this, inside(find("lesson"), ".predictions ol"));
    find("chapters").addEventListener("click", () => this.diagram.show());
    this.transcript = new Transcript(this, find("transcript", HTMLDialogElement));
    this.menu = new Menu(this, find("more"), find("menu"));
    this._chapters();
    this._languages();
    this._buttons();
    this._pointer();
    if (window.self !== window.top) this._share();
    addEventListener("keydown", (event) => this._key(event));
    addEventListener("hashchange", () => this._address());
    new ResizeObserver(() => this.stage.resize()).observe(stage.canvas);
    stage.resize();
    stage.onorbit = () => this._state();
    stage.onstale = () => this.wake();
    this._address();
    this.wake();
  }

  // --- time ---

  play(playing = !this.playing) {
    if (playing && this.time >= this.film.duration) this.seek(0);
    this.playing = playing;
    this.wake();
    if (playing) this.stage.unvisit();
    document.body.classList.add("begun");
    this._state();
    this.lesson.show();
  }

  /** @param {number} t */
  seek(t) {
    this.time = Math.min(this.film.duration, Math.max(0, t));
    this.shown = undefined;
    this.wake();
  }

  /** Go to a chapter by its number. @param {number} i */
  chapter(i) {
    document.body.classList.add("begun");
    this.seek(this.film.chapters[Math.min(this.film.chapters.length - 1, Math.max(0, i))].start);
  }

  /** Draw from now on, until nothing changes any more. */
  wake() {
    if (this.awake) return;
    this.awake = true;
    requestAnimationFrame((now) => this._frame(now));
  }

  /** @param {number} now milliseconds */
  _frame(now) {
    const passed = Math.min(LONGEST, (now - (this.last ?? now)) / 1000);
    if (this.playing) this._advance(this.time + passed * this.speed);
    if (this.shown !== this.time) this._show();
    this.stage.pace(this.playing && this.last !== undefined ? passed : 0);
    const drawn = this.stage.draw(calm.matches);
    if (drawn) this.draws += 1;
    if (drawn && this.lesson.arriving && !this.stage.left && this.shown === this.time) this.lesson.look();
    this.awake = false;
    this.last = this.playing ? now : undefined;
    if (drawn || this.playing || this.stage.stale) this.wake();
  }

  /** The film goes on to a time, or to where the lesson waits before it, or to its end. @param {number} t */
  _advance(t) {
    const { duration } = this.film;
    const stop = this.lesson.on ? this.lesson.after(this.time) : Infinity;
    if (t >= stop) return this.lesson.wait(stop);
    this.time = Math.min(duration, t);
    if (this.time < duration) return undefined;
    return this.loop ? this.seek(0) : this.play(false);
  }

  _show() {
    this.shown = this.time;
    this.stage.show(this.time);
    if (this.inspector.hovered && this.inspector.at && this.playing)
      this.inspector.hover(this.inspector.at.x, this.inspector.at.y);
    else if (this.inspector.pinned) this.inspector.draw();
    this._words();
    this.lesson.show();
    this.predictions.show();
    this.diagram.show();
    const { time, film } = this;
    const number = film.chapterAt(time);
    const scrubber = find("scrubber", HTMLInputElement);
    scrubber.value = String(time);
    scrubber.style.setProperty("--share", `${(100 * time) / film.duration}%`);
    scrubber.setAttribute("aria-valuetext", `${clock(time)}, ${this.telling.chapters[number]}`);
    find("time").textContent = `${clock(time)} / ${clock(film.duration)}`;
    if (number === this.number) return;
    this.number = number;
    find("chapter").textContent = this.telling.chapters[number];
    find("list")
      .querySelectorAll(".chapters button")
      .forEach((button, i) => button.setAttribute("aria-current", String(i === number)));
  }

  // --- words ---

  /** What the page itself says, in the chosen language. */
  get words() {
    return this.telling.page;
  }

  get telling() {
    return this.data.tellings[this.language];
  }

  /** Caption and running head of the moment. */
  _words() {
    const told = this.silent ? { captions: [], heads: [] } : this.telling;
    const caption = standing(told.captions, this.time);
    const head = standing(told.heads, this.time);
    show(find("caption"), caption, this.time);
    show(find("head"), head, this.time);
  }

  /** Captions and buttons in another language, or no captions at all. @param {string} language */
  speak(language) {
    this.silent = language === "none";
    if (!this.silent) this.language = language;
    const { page, chapters } = this.telling;
    document.documentElement.lang = this.language;
    this.stage.language = this.language;
    Object.assign(this.inspector, { words: page, telling: this.telling });
    for (const [id, word] of Object.entries({
      chapters: page.chapters,
      language: page.captions,
      scrubber: page.seek,
    })) {
      find(id).setAttribute("aria-label", word);
      find(id).title = id === "scrubber" ? "" : word;
    }
    find("hint").textContent = touch.matches ? page.touch : page.hint;
    inside(find("language"), "[value=none]").textContent = page.none;
    find("language", HTMLSelectElement).value = language;
    find("list")
      .querySelectorAll(".chapters span")
      .forEach((title, i) => (title.textContent = chapters[i]));
    said("says", (thing, key) => (thing.textContent = page[key]));
    said("label", (thing, key) => (thing.ariaLabel = page[key]));
    said("named", (thing, key) => (thing.title = thing.ariaLabel = page[key]));
    this.number = undefined;
    this.shown = undefined;
    this.lesson.told = undefined;
    this.diagram.write();
    this._state();
    this.inspector.draw();
    this.live?.speak();
  }

  // --- controls ---

  _chapters() {
    const marks = this.film.chapters.slice(1).map(({ start }) => {
      const mark = document.createElement("i");
      mark.style.left = `${(100 * start) / this.film.duration}%`;
      return mark;
    });
    find("marks").replaceChildren(...marks);
    const rows = this.film.chapters.map(({ start }, i) => {
      const button = element("button", {}, element("span", {}), element("small", {}, clock(start)));
      button.addEventListener("click", () => {
        this.chapter(i);
        this.panel.set(false);
      });
      return element("li", {}, button);
    });
    inside(find("list"), ".chapters").replaceChildren(...rows);
    find("scrubber", HTMLInputElement).max = String(this.film.duration);
  }

  _languages() {
    const select = find("language", HTMLSelectElement);
    const options = Object.entries(this.data.tellings).map(([code, told]) => new Option(told.language, code));
    select.replaceChildren(...options, new Option("", "none"));
    select.addEventListener("change", () => this.speak(select.value));
    this.speak(this.data.language);
  }

  _buttons() {
    for (const id of ["play", "begin"]) find(id).addEventListener("click", () => this.play());
    find("teach").addEventListener("click", () => this.teach());
    find("learn").addEventListener("click", () => {
      this.teach(true);
      this.play(true);
    });
    const speed = find("speed", HTMLSelectElement);
    speed.addEventListener("change", () => (this.speed = Number(speed.value)));
    find("camera").addEventListener("click", () => this.stage.setOrbit(!this.stage.orbit));
    const scrubber = find("scrubber", HTMLInputElement);
    scrubber.addEventListener("input", () => {
      document.body.classList.add("begun");
      this.seek(Number(scrubber.value));
    });
    scrubber.addEventListener("pointermove", ({ offsetX }) => this._peek(scrubber, offsetX));
    this._state();
  }

  /** Begin or leave the lesson. */
  teach(on = !this.lesson.on) {
    document.body.classList.add("begun");
    this.lesson.set(on);
    find("teach").setAttribute("aria-pressed", String(this.lesson.on));
    find("caption").ariaLive = this.lesson.on ? "off" : "polite";
  }

  /** What a tap beside the matrices and Space do. */
  _onwards() {
    if (this.lesson.on && !this.playing) this.lesson.next();
    else this.play();
  }

  /** Faster or slower, by one step of the menu. @param {number} steps */
  _hasten(steps) {
    const menu = find("speed", HTMLSelectElement);
    menu.selectedIndex = Math.min(menu.options.length - 1, Math.max(0, menu.selectedIndex + steps));
    this.speed = Number(menu.value);
  }

  /** The chapter under the pointer, as the scrubber's tip. @param {HTMLElement} scrubber @param {number} x */
  _peek(scrubber, x) {
    const t = (this.film.duration * x) / scrubber.clientWidth;
    scrubber.title = `${clock(Math.max(0, t))}  ${this.telling.chapters[this.film.chapterAt(t)]}`;
  }

  _state() {
    const { page } = this.telling;
    const { orbit } = this.stage;
    for (const id of ["play", "begin"])
      find(id).setAttribute("aria-label", this.playing ? page.pause : page.play);
    find("play").classList.toggle("playing", this.playing);
    find("camera").setAttribute("aria-pressed", String(orbit));
    find("camera").setAttribute("aria-label", page.orbit);
    find("camera").title = `${orbit ? page.film : page.orbit} (O)`;
    find("chapters").title = `${page.chapters} (C)`;
    find("play").title = `${this.playing ? page.pause : page.play} (␣)`;
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches(TYPING)) return;
    const here = this.film.chapterAt(this.time);
    /** @type {Record<string, () => unknown>} */
    const actions = {
      " ": () => this._onwards(),
      ArrowLeft: () => (this.lesson.on ? this.lesson.back() : this.seek(this.time - STEP)),
      ArrowRight: () => (this.lesson.on ? this.lesson.next() : this.seek(this.time + STEP)),
      t: () => this.teach(),
      "<": () => this._hasten(-1),
      ">": () => this._hasten(1),
      ArrowUp: () => this.chapter(here - 1),
      ArrowDown: () => this.chapter(here + 1),
      Home: () => this.seek(0),
      End: () => this.seek(this.film.duration),
      c: () => find("chapters").click(),
      o: () => this.stage.setOrbit(!this.stage.orbit),
      l: () => this._next(),
      i: () => this.inspector.pinAt(this.stage.canvas.clientWidth / 2, this.stage.canvas.clientHeight / 2),
      f: () => (document.fullscreenElement ? document.exitFullscreen() : document.body.requestFullscreen?.()),
      Escape: () => this.inspector.clear(),
      "+": () => this.stage.turn(0, 0, 1),
      "-": () => this.stage.turn(0, 0, -1),
    };
    /** @type {Record<string, () => void>} */
    const turns = {
      ArrowLeft: () => this.stage.turn(-1, 0),
      ArrowRight: () => this.stage.turn(1, 0),
      ArrowUp: () => this.stage.turn(0, 1),
      ArrowDown: () => this.stage.turn(0, -1),
    };
    const letter = event.key.length === 1 && event.key !== " ";
    if (letter && !this.menu.shortcuts) return;
    const action = (event.shiftKey && turns[event.key]) || actions[letter ? event.key.toLowerCase() : event.key];
    if (!action || (event.key === " " && target.matches("button:focus-visible"))) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow")) document.body.classList.add("begun");
    action();
  }

  /** On to the next language of the menu. */
  _next() {
    const { options, selectedIndex } = find("language", HTMLSelectElement);
    this.speak(options[(selectedIndex + 1) % options.length].value);
  }

  /** Pointing shows a cell, a click or a tap keeps it; dragging turns the view. */
  _pointer() {
    const { canvas } = this.stage;
    /** @type {{x: number, y: number, orbit: boolean} | undefined} */
    let pressed;
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && !event.buttons) {
        canvas.classList.toggle("cell", this.inspector.hover(event.offsetX, event.offsetY));
        this.lesson.point(this.inspector.hovered?.mark.sheet.block.label);
      }
    });
    canvas.addEventListener("pointerleave", () => {
      this.inspector.leave();
      this.lesson.point(undefined);
    });
    canvas.addEventListener(
      "pointerdown",
      ({ offsetX: x, offsetY: y }) => (pressed = { x, y, orbit: this.stage.orbit }),
      true,
    );
    canvas.addEventListener("pointerup", ({ offsetX: x, offsetY: y }) => {
      if (!pressed || Math.hypot(x - pressed.x, y - pressed.y) > STILL) return;
      this.stage.setOrbit(pressed.orbit); // a click is no drag
      this.panel.set(false, false);
      this.menu.set(false, false);
      if (this.inspector.pinAt(x, y)) this.play(false);
      else if (!this.inspector.clear()) this._onwards();
    });
  }

  /** In another's page, wheel and fingers scroll that page until one has clicked here; Ctrl zooms at once. */
  _share() {
    const { canvas, controls } = this.stage;
    const engage = (/** @type {boolean} */ engaged) => {
      this.engaged = controls.enabled = engaged;
      canvas.style.touchAction = engaged ? "none" : "pan-y";
    };
    document.documentElement.classList.add("framed");
    engage(false);
    canvas.addEventListener("click", () => engage(true));
    addEventListener("pointerdown", ({ pointerType }) => pointerType === "mouse" && engage(true), true);
    addEventListener("blur", () => engage(false));
    const zooms = (/** @type {WheelEvent} */ event) => (controls.enabled = this.engaged || event.ctrlKey || event.metaKey);
    addEventListener("wheel", zooms, { capture: true, passive: true });
  }

  /** `#t=83&language=zh&cell=blocks.0.attn.scores[2,5,2]`; `#play`, `#loop` and `#embed` for others' pages. */
  _address() {
    const asked = new URLSearchParams(location.hash.slice(1));
    this.loop = asked.has("loop");
    document.body.classList.toggle("embed", asked.has("embed"));
    if (asked.has("lesson") !== this.lesson.on) this.teach(asked.has("lesson"));
    if (asked.has("play")) this.play(true);
    const language = asked.get("language");
    if (language && (language === "none" || Object.hasOwn(this.data.tellings, language))) this.speak(language);
    if (asked.has("t")) {
      document.body.classList.add("begun");
      this.seek(Number(asked.get("t")) || 0);
    }
    const [, name, indices] = /^([^[]+)\[([\d,]+)\]$/.exec(asked.get("cell") ?? "") ?? [];
    const matrix = this.inspector.model.matrices.get(name);
    const cell = (indices ?? "").split(",").map(Number);
    if (!matrix || cell.length !== matrix.shape.length || cell.some((index, i) => !(index < matrix.shape[i])))
      return;
    this.stage.show(this.time);
    this.stage.draw(calm.matches); // so that it is known what is seen
    this.inspector.keep(name, cell);
  }
}

/** All elements that say something in the language of the page. @param {"says" | "label" | "named"} how
 * @param {(thing: HTMLElement, key: string) => void} say */
function said(how, say) {
  for (const thing of document.querySelectorAll(`[data-${how}]`))
    if (thing instanceof HTMLElement) say(thing, thing.dataset[how] ?? "");
}

/** @type {Map<HTMLElement, import("./data").Span | undefined>} what boxes show */
const written = new Map();

/** Let a box show the text that stands at a time, softly.
 * @param {HTMLElement} box @param {(import("./data").Span & {text: string}) | undefined} span @param {number} t */
function show(box, span, t) {
  const seen = span ? (calm.matches ? 1 : presence(span, t, SOFT)) : 0;
  box.style.opacity = String(seen);
  box.hidden = !span;
  if (written.get(box) === span) return;
  written.set(box, span);
  if (span) box.replaceChildren(span.text);
}

/** Do one thing after the other, each when the browser has nothing else to do. @param {(() => unknown)[]} steps */
function idly([step, ...rest]) {
  if (!step) return;
  const wait = window.requestIdleCallback ?? ((/** @type {() => void} */ then) => setTimeout(then, PATIENCE));
  wait(async () => {
    await step();
    idly(rest);
  });
}

/** What the page says in the language it was made in. @param {Data} data */
const wordsOf = ({ tellings, language }) => (tellings[language] ?? Object.values(tellings)[0]).page;

/** Begin. @param {ArrayBuffer} bytes what is packed in the page */
export async function begin(bytes) {
  const { data, values, matrices, model } = unpack(bytes);
  const { wall, ink, accent, scheme } = data.look;
  for (const [name, code] of Object.entries({ wall, ink, accent })) {
    document.documentElement.style.setProperty(`--${name}`, code);
  }
  document.documentElement.style.colorScheme = scheme;
  const film = new Film(data);
  const canvas = find("canvas", HTMLCanvasElement);
  const context = canvas.getContext("webgl2", { antialias: true, powerPreference: "high-performance" });
  if (!context) {
    find("loading").textContent = wordsOf(data).picture; // the poster stays
    return;
  }
  const stage = new Stage(canvas, context, data, values, film);
  canvas.addEventListener("webglcontextlost", () => {
    find("loading").textContent = wordsOf(data).picture;
    document.body.classList.remove("ready");
  });
  canvas.addEventListener("webglcontextrestored", () => document.body.classList.add("ready"));
  await stage.load(model);
  stage.show(0);
  const known = { matrices, tokens: data.tokens, pieces: data.pieces };
  const inspector = new Inspector(stage, known, find("inspector"));
  const page = new Page(stage, film, inspector, data);
  page.live = new Live(page, data, values, known);
  document.body.classList.add("ready");
  find("start").hidden = inside(document, "footer").hidden = false;
  page.stage.resize();
  idly([() => stage.pick(0, 0), ...page.live.warm()]); // a first pick finds out how large sheets are
  // For whoever wants to script the page, and for its tests.
  const explained = (/** @type {string} */ name, /** @type {number[]} */ cell) => explain(known, name, cell);
  Object.assign(window, { llmScene: { page, stage, film, inspector, explain: explained, number } });
}
