// What a cell is made of, shown where it stands: outlines, arcs from its sources, and the lines to read.

import * as THREE from "./three.js";
import { explain, matrixOf, number, placeOf } from "./explain.js";
import { CUE, clock } from "./film.js";
import { element, filled } from "./markup.js";
import { Line, cornersOf, middle, ring } from "./marks.js";

const AIM = `<svg viewBox="0 0 24 24" class="line" aria-hidden="true"><circle cx="12" cy="12" r="2"/><path d="M12 3v5M12 16v5M3 12h5M16 12h5"/></svg>`;
const SINGLES = 64; // source cells of one sheet that are marked one by one where they form no rectangle
const ARC_POINTS = 24;
const STYLES = {
  cross: { opacity: 0.35, linewidth: 1 },
  arcs: { opacity: 0.7, linewidth: 1.25 },
  sources: { opacity: 0.95, linewidth: 2 },
  mark: { opacity: 1, linewidth: 3 },
};

/**
 * @typedef {import("./explain.js").Explanation} Explanation
 * @typedef {import("./explain.js").Input} Input
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {import("./marks.js").Mark} Mark
 * @typedef {{told: Explanation, mark: Mark, sheet: Sheet, place: string}} Inspection
 * @typedef {{sheet: Sheet, row: number, column: number}} Spot
 */

export class Inspector {
  /** @param {import("./stage.js").Stage} stage @param {import("./explain.js").Model} model @param {HTMLElement} box */
  constructor(stage, model, box) {
    this.stage = stage;
    this.model = model;
    this.box = box;
    /** @type {{x: number, y: number} | undefined} the pointer */
    this.at = undefined;
    /** @type {((sheet: Sheet, row: number, column: number) => boolean) | undefined} whether a cell holds nothing */
    this.empty = undefined;
    /** @type {((told: Explanation, box: HTMLElement) => void) | undefined} what else a kept cell's box offers */
    this.extend = undefined;
    /** @type {Inspection | undefined} */
    this.hovered = undefined;
    /** @type {Inspection[]} pinned cells, the latest last */
    this.trail = [];
    /** @type {Record<string, string>} */
    this.words = {};
    stage.covered = () => this._covers();
    /** @type {Pick<import("./data").Telling, "names" | "sections" | "phrases">} */
    this.telling = { names: {}, sections: {}, phrases: {} };
    /** @type {unknown[]} what the box tells of */
    this.written = [];
    /** @type {unknown[]} what is marked, and when sheets stood so */
    this.marked = [undefined];
    /** @type {{wide: number, high: number} | undefined} of the box, as it is written */
    this.size = undefined;
    this.lines = Object.fromEntries(
      Object.entries(STYLES).map(([kind, style]) => [kind, this._line(kind, style)]),
    );
    /** @type {Map<string, Sheet[]>} the sheets of every matrix */
    this.standing = new Map();
    for (const sheet of stage.sheets.values()) {
      const { matrix } = sheet.block;
      this.standing.set(matrix, [...(this.standing.get(matrix) ?? []), sheet]);
    }
  }

  get pinned() {
    return this.trail.at(-1);
  }

  /** All about a cell, placed. @param {string} matrix @param {number[]} cell @returns {Inspection | undefined} */
  inspect(matrix, cell) {
    const sheet = this.sheetOf(matrix, cell);
    if (!sheet) return undefined;
    const declared = matrixOf(this.model, matrix);
    const [row, column] = sheet.spot(cell, declared);
    return {
      told: explain(this.model, matrix, cell),
      mark: { sheet, rows: [row, row + 1], columns: [column, column + 1] },
      sheet,
      place: placeOf(this.model, declared, cell, sheet.block),
    };
  }

  /** The sheet that shows a cell, if the scene has one. @param {string} matrix @param {number[]} cell */
  sheetOf(matrix, cell) {
    return this.standing.get(matrix)?.find(({ block }) => block.head === null || block.head === cell[0]);
  }

  /** Look at what is under a place of the canvas; returns whether there is a cell. @param {number} x @param {number} y */
  hover(x, y) {
    const spot = this._spot(x, y);
    if (!spot || !this.hovered || !sameSpot(spot, this.hovered.mark)) this.hovered = spot && this._at(spot);
    const found = this.hovered;
    this.at = { x, y };
    this.draw();
    return Boolean(found);
  }

  leave() {
    this.hovered = undefined;
    this.draw();
  }

  /** Keep what is under a place of the canvas, or let go where there is nothing. @param {number} x @param {number} y */
  pinAt(x, y) {
    const spot = this._spot(x, y);
    const found = spot && this._at(spot);
    if (found) this.pin(found);
    return Boolean(found);
  }

  /** Walk on to a cell; one that is in the trail already cuts off what came after it. @param {Inspection} inspection */
  pin(inspection) {
    const known = this.trail.findIndex(({ told }) => sameCell(told, inspection.told));
    if (known >= 0) this.trail.length = known + 1;
    else this.trail.push(inspection);
    this.hovered = undefined;
    this.draw();
  }

  /** Tell of the kept cells once more: their numbers have changed. */
  again() {
    this.trail = this.trail.flatMap(({ told }) => this.inspect(told.matrix, told.cell) ?? []);
    this.hovered = undefined;
    this.draw();
  }

  /** Keep a cell, and go to where it and its sources are seen. @param {string} matrix @param {number[]} cell */
  keep(matrix, cell) {
    const found = this.inspect(matrix, cell);
    if (!found) return;
    this.pin(found);
    this.look(false);
  }

  /** Let the camera go to the kept cell and its sources. */
  look(always = true) {
    if (!this.pinned) return;
    const { mark, told } = this.pinned;
    const marks = [mark, ...told.inputs.flatMap((input) => this._marksOf(input))];
    this.stage.visit(marks.flatMap(cornersOf), always);
  }

  /** Let go of everything; returns whether anything was held. */
  clear() {
    const held = this.trail.length > 0 || Boolean(this.hovered);
    this.trail = [];
    this.hovered = undefined;
    this.stage.unvisit();
    this.draw();
    return held;
  }

  /** The cell under a place of the canvas that holds something. @param {number} x @param {number} y */
  _spot(x, y) {
    const hit = this.stage.pick(x, y);
    return hit && !this.empty?.(hit.sheet, hit.row, hit.column) ? hit : undefined;
  }

  /** @param {Spot} spot */
  _at({ sheet, row, column }) {
    const { matrix } = sheet.block;
    return this.inspect(matrix, sheet.cell(row, column, matrixOf(this.model, matrix)));
  }

  // --- drawing ---

  /** Show the cell under the pointer, else the pinned one. */
  draw() {
    const shown = this.hovered ?? this.pinned;
    const state = [shown, this.stage.time, shown === this.pinned];
    if (state.some((value, i) => value !== this.marked[i])) {
      this.marked = state;
      this._mark(shown);
      this.box.hidden = !shown;
      this.box.classList.toggle("pinned", Boolean(shown) && shown === this.pinned);
      this.stage.stale = true;
    }
    if (shown) this._tell(shown);
    else this.written = [];
  }

  /** Write the box, unless it says the same already. @param {Inspection} shown */
  _tell(shown) {
    const state = [shown, this.words, this._waits(shown.mark), shown === this.pinned, this.trail.length];
    if (state.some((value, i) => value !== this.written[i])) {
      this._write(shown);
      this.size = undefined;
    }
    this.written = state;
    this._place(shown);
  }

  /** Outlines of the cell, its row and column, and all its sources, with an arc from each. @param {Inspection} [shown] */
  _mark(shown) {
    /** @type {Record<string, THREE.Vector3[][]>} */
    const paths = { cross: [], arcs: [], sources: [], mark: [] };
    if (shown) {
      const { sheet, rows, columns } = shown.mark;
      const [height, width] = sheet.block.shape;
      const sources = shown.told.inputs.flatMap((input) => this._marksOf(input));
      paths.cross = [ring({ sheet, rows, columns: [0, width] }), ring({ sheet, rows: [0, height], columns })];
      paths.arcs = sources.map((source) => arc(middle(source), middle(shown.mark)));
      paths.sources = sources.map((source) => ring(source));
      paths.mark = [ring(shown.mark)];
    }
    for (const [kind, line] of Object.entries(this.lines)) line.draw(paths[kind]);
  }

  /** The cells of one input: a rectangle where they fill one, else one by one. @param {Input} input @returns {Mark[]} */
  _marksOf({ matrix, cells }) {
    /** @type {Map<Sheet, number[][]>} */
    const spots = new Map();
    const declared = matrixOf(this.model, matrix);
    for (const cell of cells) {
      const sheet = this.sheetOf(matrix, cell);
      if (sheet) spots.set(sheet, [...(spots.get(sheet) ?? []), sheet.spot(cell, declared)]);
    }
    return [...spots].flatMap(([sheet, places]) => {
      /** @param {number} axis @returns {[number, number]} */
      const span = (axis) => [
        Math.min(...places.map((p) => p[axis])),
        Math.max(...places.map((p) => p[axis])) + 1,
      ];
      const [rows, columns] = [span(0), span(1)];
      const filled = (rows[1] - rows[0]) * (columns[1] - columns[0]) === places.length;
      if (filled) return [{ sheet, rows, columns }];
      return places.slice(0, SINGLES).map(([r, c]) => ({ sheet, rows: [r, r + 1], columns: [c, c + 1] }));
    });
  }

  /** @param {string} kind @param {{opacity: number, linewidth: number}} style */
  _line(kind, style) {
    const { look } = this.stage.data;
    /** @type {Record<string, string>} */
    const colours = { arcs: look.source, sources: look.source, mark: look.accent };
    const color = colours[kind] ?? look.ink;
    return new Line(this.stage.overlay, { ...style, color });
  }

  /** The box's lines; of a pinned cell also its inputs, to walk on to. @param {Inspection} shown */
  _write({ told, sheet, place, mark }) {
    const { words } = this;
    const waits = this._waits(mark);
    const kind = told.formula ? told.formula : told.matrix === "tokens" ? words.input : words.given;
    this.box.replaceChildren(
      element("p", { className: "where" }, this.titleOf(sheet.block)),
      element("p", { className: "place" }, this.said(place)),
      element("p", { className: "value" }, `= ${number(told.value)}`),
      element("p", { className: "formula" }, this.said(kind)),
      element("p", { className: "numbers" }, this.said(told.numbers)),
      ...(waits ? [element("p", { className: "formula" }, filled(words.later, { time: clock(waits) }))] : []),
    );
    if (told === this.pinned?.told) this._walk(told);
  }

  /** Where a sheet belongs, and what it is called: by the film, and in the field. @param {Sheet["block"]} block */
  titleOf({ section, label }) {
    const { sections } = this.telling;
    return [...section.map((part) => sections[part] ?? part), this.nameOf(label)].join(" › ");
  }

  /** What a matrix is called, with its name in the field. @param {string} label */
  nameOf(label) {
    const name = this.telling.names[label] ?? label;
    return name === label ? label : `${name} (${label})`;
  }

  /** An explanation in the chosen language. @param {string} text */
  said(text) {
    return Object.entries(this.telling.phrases).reduce((told, [english, own]) => {
      const pattern = english.replace(/[()]/g, "\\$&").replace(/\{(\w)\}/g, "(?<$1>[^\\s,]+)");
      return told.replace(new RegExp(`(?<![\\w])${pattern}`, "g"), own.replace(/\{(\w)\}/g, "$<$1>"));
    }, text);
  }

  /** The ways on from a pinned cell, and back. @param {Explanation} told */
  _walk(told) {
    const { words } = this;
    const steps = told.inputs.flatMap((input) => this._step(input) ?? []);
    if (steps.length) this.box.append(element("h2", {}, words.from), element("ul", {}, ...steps));
    const back = this.trail
      .slice(0, -1)
      .reverse()
      .map((before) => this._back(before));
    if (back.length) this.box.append(element("ul", { className: "back" }, ...back));
    const find = element("button", { className: "find", ariaLabel: words.show, title: words.show });
    find.innerHTML = AIM;
    find.addEventListener("click", () => this.look());
    this.box.append(find);
    const close = element("button", { className: "close", ariaLabel: words.close, title: words.close }, "×");
    close.addEventListener("click", () => this.clear());
    this.box.append(close);
    this.extend?.(told, this.box);
  }

  /** A way on to the largest cell of an input. @param {Input} input */
  _step({ matrix, label, cells, values }) {
    const largest = values.reduce(
      (best, value, i) => (Math.abs(value) > Math.abs(values[best]) ? i : best),
      0,
    );
    const next = this.inspect(matrix, cells[largest]);
    if (!next) return undefined;
    const count =
      cells.length > 1 ? element("small", {}, filled(this.words.cells, { count: cells.length })) : "";
    return this._row(next, "→", this.nameOf(label), values[largest], count);
  }

  /** @param {Inspection} before */
  _back(before) {
    const { matrix, value } = before.told;
    return this._row(before, "←", this.nameOf(matrixOf(this.model, matrix).label), value, "");
  }

  /** @param {Inspection} target @param {string} sign @param {string} label @param {number} value
   * @param {HTMLElement | string} more */
  _row(target, sign, label, value, more) {
    const button = element(
      "button",
      {},
      element("span", {}, `${sign} ${label}`),
      more,
      element("b", {}, number(value)),
    );
    button.addEventListener("click", () => {
      this.pin(target);
      this.look(false);
    });
    return element("li", {}, button);
  }

  /** What the box of a kept cell hides of the picture, in pixels: its right, or its lower part. */
  _covers() {
    const { canvas } = this.stage;
    if (!this.pinned || this.box.hidden) return { right: 0, bottom: 0 };
    const beside = this.box.offsetWidth < canvas.clientWidth / 2;
    if (beside) return { right: canvas.clientWidth - this.box.offsetLeft, bottom: 0 };
    return { right: 0, bottom: canvas.clientHeight - this.box.offsetTop };
  }

  /** When the film computes a cell, if it has not yet. @param {Mark} mark */
  _waits({ sheet, rows, columns }) {
    const cues = this.stage.film.curveOf(sheet.block.name, "reveal");
    if (!cues) return undefined;
    const order = sheet.order(rows[0], columns[0]);
    if (sheet.uniforms.uState.value.x > order) return undefined;
    for (let i = 0; i < cues.length; i += CUE) {
      const [start, end, a, b] = cues.slice(i, i + 4);
      if (start >= this.stage.time && a <= order && order <= b && a < b)
        return start + ((order - a) / (b - a)) * (end - start);
    }
    return undefined;
  }

  /** Beside the pointer; a pinned cell's box has its own place. @param {Inspection} shown */
  _place(shown) {
    const { box } = this;
    if (shown === this.pinned || !this.at) {
      box.removeAttribute("style");
      return;
    }
    const { clientWidth: width, clientHeight: height } = this.stage.canvas;
    const { wide, high } = (this.size ??= { wide: box.offsetWidth, high: box.offsetHeight });
    const right = this.at.x + 24 + wide < width - 12;
    const x = right ? this.at.x + 24 : Math.max(12, this.at.x - 24 - wide);
    const y = Math.min(Math.max(12, this.at.y - high / 2), Math.max(12, height - high - 12));
    box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }
}

/** @param {Spot} spot @param {Mark} mark */
const sameSpot = ({ sheet, row, column }, mark) =>
  sheet === mark.sheet && row === mark.rows[0] && column === mark.columns[0];

/** @param {Explanation} a @param {Explanation} b */
const sameCell = (a, b) => a.matrix === b.matrix && a.cell.every((index, i) => index === b.cell[i]);

/** A curve that leaves the sheets towards the viewer, higher the farther it goes.
 * @param {THREE.Vector3} a @param {THREE.Vector3} b */
function arc(a, b) {
  const reach = 0.25 * a.distanceTo(b);
  const top = a
    .clone()
    .add(b)
    .multiplyScalar(0.5)
    .add(new THREE.Vector3(0, reach, reach));
  return new THREE.QuadraticBezierCurve3(a, top, b).getPoints(ARC_POINTS);
}
