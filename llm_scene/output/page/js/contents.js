// The architecture as a diagram to go by, and what is predicted at every position.

import { matrixOf, rowOf } from "./explain.js";
import { CUE } from "./film.js";
import { element, filled } from "./markup.js";
import { Marks, nearest } from "./marks.js";

const FAR = 40; // positions of which predictions are shown

/**
 * @typedef {import("./main.js").Page} Page
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {{section: string[], labels: Map<string, Sheet[]>}} Part a section, with its computed matrices by their labels
 */

/** What belongs together in the model, from its beginning to its end. @param {import("./stage.js").Stage} stage */
function parts(stage) {
  /** @type {Map<string, Part>} */
  const found = new Map();
  for (const sheet of stage.sheets.values()) {
    const { section, label, role } = sheet.block;
    const key = section.slice(0, 2).join(" › ");
    const part = found.get(key) ?? { section: section.slice(0, 2), labels: new Map() };
    found.set(key, part);
    if (role !== "weight") part.labels.set(label, [...(part.labels.get(label) ?? []), sheet]);
  }
  return [...found.values()].filter(({ labels }) => labels.size);
}

export class Diagram {
  /** @param {Page} page @param {HTMLElement} box */
  constructor(page, box) {
    this.page = page;
    this.box = box;
    /** @type {{button: HTMLButtonElement, sheets: Set<Sheet>}[]} */
    this.rows = [];
    this.marks = new Marks(page.stage);
    this.parts = parts(page.stage);
    this.box.addEventListener("pointerleave", () => this.marks.show([]));
    this.box.addEventListener("focusout", () => this.marks.show([]));
  }

  /** Write it in the page's language; of the blocks the first one is spread out. */
  write() {
    const { sections } = this.page.telling;
    const first = this.parts.find(({ section }) => section.length > 1)?.section[0];
    this.rows = [];
    const items = this.parts.map(({ section, labels }) => {
      const spread = section.length < 2 || section[0] === first;
      const title = section.map((part) => sections[part] ?? part).join(" › ");
      const sheets = [...labels.values()].flat();
      const chips = [...labels].map(([label, own]) => element("li", {}, this._button(this._name(label), own, "chip")));
      return element("li", {}, this._button(title, sheets, "part"), ...(spread ? [element("ul", {}, ...chips)] : []));
    });
    this.box.replaceChildren(...items);
    this.show();
  }

  /** @param {string} label */
  _name(label) {
    return this.page.telling.names[label] ?? label;
  }

  /** @param {string} text @param {Sheet[]} sheets @param {string} className */
  _button(text, sheets, className) {
    const button = element("button", { type: "button", className }, text);
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => this.marks.show(sheets));
    button.addEventListener("click", () => this.go(sheets));
    this.rows.push({ button, sheets: new Set(sheets) });
    return button;
  }

  /** Go to where the film computes the first of some sheets. @param {Sheet[]} sheets */
  go(sheets) {
    const { page } = this;
    const times = sheets.flatMap((sheet) => this._computed(sheet) ?? []);
    if (!times.length) return;
    const t = Math.min(...times);
    page.play(false);
    if (page.lesson.on) page.lesson.wait(page.lesson.stop(page.lesson.at(t)));
    else page.seek(t);
  }

  /** When the film has computed a sheet for the first time. @param {Sheet} sheet */
  _computed({ block }) {
    const curve = this.page.film.curveOf(block.name, "reveal") ?? [];
    for (let cue = 0; cue < curve.length; cue += CUE) if (curve[cue + 3] > curve[cue + 2]) return curve[cue + 1];
    return undefined;
  }

  /** Mark where the film is. */
  show() {
    if (this.box.offsetParent === null) return;
    const computed = [...this.page.stage.sheets.values()].filter(({ block }) => block.role !== "weight");
    const [here] = nearest(this.page.stage, computed);
    for (const { button, sheets } of this.rows) {
      if (sheets.has(here)) button.setAttribute("aria-current", "location");
      else button.removeAttribute("aria-current");
    }
  }
}

/** What the model predicts after every position, as far as the film has computed it. */
export class Predictions {
  /** @param {Page} page @param {HTMLElement} box */
  constructor(page, box) {
    this.page = page;
    this.box = box;
    /** @type {unknown[] | undefined} what is shown */
    this.state = undefined;
  }

  show() {
    const { stage, inspector } = this.page;
    const sheet = stage.sheets.get("probs");
    const { tokens } = inspector.model;
    if (!sheet || this.box.offsetParent === null) return;
    const { values, shape } = matrixOf(inspector.model, "probs");
    const count = Math.min(shape[0], tokens.length, FAR, this._come());
    const known = Array.from({ length: count }, (_, t) => this._told(sheet, [t, shape[1] - 1]));
    const state = [values, tokens.join(), known.join(), this.page.language];
    if (this.state?.every((value, i) => value === state[i])) return;
    this.state = state;
    const cells = known.map((there, t) => this._cell(t, there, rowOf({ values, shape }, t)));
    this.box.replaceChildren(...cells);
  }

  /** How many tokens there are so far: those given, and those that the film has written. */
  _come() {
    const { stage, data, live } = this.page;
    const given = Math.max(data.front.prompt, live?.prompt.length ?? 0);
    const row = stage.sheets.get("tokens");
    const all = data.tokens.length;
    for (let t = given; row && t < all; t++) if (!this._told(row, [t])) return t;
    return row ? all : given;
  }

  /** Whether the film has computed a cell; what its opening shows of the end is not told yet.
   * @param {Sheet} sheet @param {number[]} cell */
  _told(sheet, cell) {
    const { stage, film, inspector } = this.page;
    const [row, column] = sheet.spot(cell, matrixOf(inspector.model, sheet.block.matrix));
    if (sheet.uniforms.uState.value.x <= sheet.order(row, column)) return false;
    const curve = film.curveOf(sheet.block.name, "reveal") ?? [];
    for (let cue = 0; cue < curve.length; cue += CUE) if (curve[cue + 3] > curve[cue + 2]) return stage.time >= curve[cue];
    return true;
  }

  /** @param {number} t @param {boolean} there @param {Float32Array} chances */
  _cell(t, there, chances) {
    const { inspector, words } = this.page;
    const { tokens, pieces } = inspector.model;
    const best = chances.indexOf(Math.max(...chances));
    const share = `${Math.round(100 * chances[best])} %`;
    const button = element("button", { type: "button", disabled: !there }, element("small", {}, pieces[tokens[t]]));
    button.append(element("b", {}, there ? pieces[best] : "·"));
    button.style.setProperty("--share", there ? share.replace(" ", "") : "0%");
    const text = there ? filled(words.predicted, { next: pieces[best], share }) : words.not_yet;
    button.title = button.ariaLabel = `${t + 1} “${pieces[tokens[t]]}”: ${text}`;
    button.addEventListener("click", () => inspector.keep("probs", [t, best]));
    return element("li", {}, button);
  }
}
