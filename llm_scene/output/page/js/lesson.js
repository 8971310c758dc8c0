// Lesson mode: the film stops at each caption, and beside it stands what a teacher would say.

import { standing } from "./film.js";
import { element, filled, inside } from "./markup.js";
import { Headings } from "./headings.js";
import { Marks, cornersOf, nearest, whole } from "./marks.js";
import { widgetOf } from "./widgets.js";

const SMALLEST = 11; // pixels of a formula's type
const JUST = 1e-3; // seconds that count as having passed a stop
const LINK = /\[([^\]]*)\]\(([^)]*)\)/g; // [words](Label|Other label) or [words](=axis)

/**
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {{axis: string | undefined, labels: string[]}} Link what a word speaks of: an axis, or matrices by their labels
 */

export class Lesson {
  /** @param {import("./main.js").Page} page @param {HTMLElement} box */
  constructor(page, box) {
    this.page = page;
    this.box = box;
    this.on = false;
    this.marks = new Marks(page.stage);
    this.headings = new Headings(page.stage);
    this.arriving = false; // whether a stop has been reached and not been drawn yet
    this.tried = false; // whether something was switched off beside the step
    /** @type {number | undefined} the step that is told */
    this.number = undefined;
    /** @type {Link | undefined} the link that stays lit */
    this.held = undefined;
    /** @type {{word: HTMLElement, link: Link}[]} the words to touch, and what they speak of */
    this.links = [];
    /** @type {import("./data").Caption | undefined} */
    this.told = undefined;
    /** @type {string | undefined} the label that is pointed at */
    this.pointed = undefined;
    for (const [kind, act] of Object.entries({ next: () => this.next(), back: () => this.back() })) {
      inside(box, `[data-act=${kind}]`).addEventListener("click", act);
    }
  }

  /** The captions, each of which is a step. */
  get steps() {
    return this.page.telling.captions;
  }

  /** When the film waits at a step. @param {number} i */
  stop(i) {
    return this.steps[i].stop;
  }

  /** The step that a time belongs to; after the last stop it is the last one. @param {number} t */
  at(t) {
    const i = this.steps.findIndex((_, n) => this.stop(n) >= t - JUST);
    return i < 0 ? this.steps.length - 1 : i;
  }

  /** The first stop after a time, if there is one. @param {number} t */
  after(t) {
    const i = this.steps.findIndex((_, n) => this.stop(n) > t + JUST);
    return i < 0 ? Infinity : this.stop(i);
  }

  /** Begin or leave. @param {boolean} on */
  set(on) {
    this.on = on && this.steps.length > 0;
    this.box.hidden = !this.on;
    document.body.classList.toggle("lesson", this.on);
    this.hold(undefined);
    this.told = undefined;
    if (!this.on) this._leave();
    this.show();
  }

  /** Put back what was tried beside a step. */
  _leave() {
    this.number = undefined;
    if (this.tried) this.page.live?.undo();
    this.tried = false;
  }

  /** On to the next stop; at once where the film is on its way there. */
  next() {
    const { page } = this;
    if (!page.playing) page.play(true);
    else if (this.after(page.time) < Infinity) this.wait(this.after(page.time));
  }

  /** Stand at a stop. @param {number} t */
  wait(t) {
    this.page.seek(t);
    this.page.play(false);
    this.page.stage.unvisit();
    this.arriving = true;
  }

  /** Where the film's picture shows less than half of what a step speaks of, the camera goes there; not while a
   * calculation stands before the model. */
  look() {
    this.arriving = false;
    const { stage, playing } = this.page;
    const { links } = this;
    if (!this.on || playing || !links.length || [...stage.swarms.values()].some(({ mesh }) => mesh.visible)) return;
    const spoken = links.filter(({ link }) => !link.axis).map(({ link }) => this._sheets(link));
    const corners = spoken.map((sheets) => sheets.map((sheet) => cornersOf(whole(sheet))));
    const seen = corners.filter((ends) => ends.some((pair) => pair.every((end) => stage.sees(end)))).length;
    if (2 * seen < spoken.length) stage.visit(corners.flat(2));
  }

  /** The step before, from its beginning. */
  back() {
    this.go(Math.max(0, this.at(this.page.time) - 1));
  }

  /** Play a step from its beginning. @param {number} i */
  go(i) {
    this.page.seek(i > 0 ? this.stop(i - 1) + 2 * JUST : 0);
    this.page.play(true);
  }

  /** Tell what belongs to the moment. */
  show() {
    this.headings.show(this.on && !this.page.playing, this.page.inspector.model);
    if (!this.on) return;
    const i = this.at(this.page.time);
    const step = this.steps[i];
    const at = standing(this.steps, this.page.time) ?? step;
    this.box.classList.toggle("waiting", !this.page.playing);
    if (this.told === step) return;
    const same = this.number === i; // told again: its numbers or its language are others
    if (!same) this._leave();
    this.told = step;
    this.number = i;
    this.hold(undefined);
    const { words } = this.page;
    const chapter = this.page.telling.chapters[this.page.film.chapterAt(at.start)];
    const place = filled(words.step, { n: i + 1, count: this.steps.length });
    inside(this.box, ".where").textContent = `${chapter} · ${place}`;
    inside(this.box, "h2").textContent = step.text;
    this.links = [];
    inside(this.box, ".comment").replaceChildren(...this._text(step.comment));
    inside(this.box, ".formula").innerHTML = this.page.data.formulas[step.key] ?? "";
    fit(inside(this.box, ".formula"));
    this._widget(step.key);
    if (!same) inside(this.box, ".told").scrollTop = 0;
    inside(this.box, "[data-act=back]", HTMLButtonElement).disabled = i === 0;
  }

  /** What there is to touch; made anew, it keeps the focus. @param {string} key */
  _widget(key) {
    const box = inside(this.box, ".widget");
    const { id } = document.activeElement ?? {};
    const held = box.contains(document.activeElement);
    box.replaceChildren(...widgetOf(key, this.page));
    if (held && id) document.getElementById(id)?.focus();
    if (this.tried) box.scrollIntoView({ block: "nearest" });
  }

  /** A comment with its links as words to touch. @param {string} comment */
  _text(comment) {
    const parts = [];
    let from = 0;
    for (const found of comment.matchAll(LINK)) {
      parts.push(comment.slice(from, found.index), this._link(found[1], found[2]));
      from = found.index + found[0].length;
    }
    return [...parts, comment.slice(from)];
  }

  /** @param {string} text @param {string} target */
  _link(text, target) {
    const link = { axis: target[0] === "=" ? target.slice(1) : undefined, labels: target.split("|") };
    if (!this._sheets(link).length) return text;
    const word = element("span", { className: "word", tabIndex: 0 }, text); // a button would break no line
    word.setAttribute("role", "button");
    this.links.push({ word, link });
    word.setAttribute("aria-pressed", "false");
    word.addEventListener("pointerenter", () => this._light(link));
    word.addEventListener("focus", () => this._light(link));
    for (const left of ["pointerleave", "blur"]) word.addEventListener(left, () => this._light(this.held));
    word.addEventListener("click", () => this.hold(this.held === link ? undefined : link));
    word.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      word.click();
    });
    return word;
  }

  /** The sheets that a link speaks of, where the film is just now. @param {Link} link */
  _sheets({ axis, labels }) {
    const { stage } = this.page;
    const has = (/** @type {Sheet} */ { block }) =>
      axis
        ? block.axes.includes(axis) && block.shape[block.axes.indexOf(axis)] > 1
        : labels.includes(block.label);
    return nearest(stage, [...stage.sheets.values()].filter(has));
  }

  /** Keep a link lit, or none; the camera goes to what is lit where it is not seen. @param {Link} [link] */
  hold(link) {
    this.held = link;
    for (const { word, link: own } of this.links) word.setAttribute("aria-pressed", String(own === link));
    this._light(link);
    if (link) this.page.stage.visit(this.marks.corners, false);
  }

  /** @param {Link} [link] */
  _light(link) {
    const sheets = link ? this._sheets(link) : [];
    this.marks.show(sheets, link?.axis);
  }

  /** Light the words that speak of a matrix, by its label. @param {string} [label] */
  point(label) {
    if (!this.on || label === this.pointed) return;
    this.pointed = label;
    for (const { word, link } of this.links)
      word.classList.toggle("lit", label !== undefined && link.labels.includes(label));
  }
}

/** Let a formula be as small as it takes to be seen whole. @param {HTMLElement} box */
function fit(box) {
  box.style.fontSize = "";
  const share = box.clientWidth / box.scrollWidth;
  if (share < 1) box.style.fontSize = `${Math.max(SMALLEST, share * parseFloat(getComputedStyle(box).fontSize))}px`;
}
