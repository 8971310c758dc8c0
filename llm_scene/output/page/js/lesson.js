// Lesson mode: the film stops at each caption, and beside it stands what a teacher would say.

import { standing } from "./film.js";
import { element, filled } from "./markup.js";
import { Marks, nearest } from "./marks.js";
import { widgetOf } from "./widgets.js";

const JUST = 1e-3; // seconds that count as having passed a stop
const LINK = /\[([^\]]*)\]\(([^)]*)\)/g; // [words](Label|Other label) or [words](=axis)

export class Lesson {
  /** @param {any} page @param {HTMLElement} box */
  constructor(page, box) {
    Object.assign(this, { page, box, on: false });
    this.marks = new Marks(page.stage);
    this.held = undefined; // the link that stays lit
    for (const [kind, act] of Object.entries({ next: () => this.next(), back: () => this.back() })) {
      box.querySelector(`[data-act=${kind}]`).addEventListener("click", act);
    }
  }

  /** The captions, each of which is a step. */
  get steps() {
    return this.page.telling.captions;
  }

  /** When the film waits at a step. */
  stop(i) {
    return this.steps[i].stop;
  }

  /** The step that a time belongs to; after the last stop it is the last one. */
  at(t) {
    const i = this.steps.findIndex((_, n) => this.stop(n) >= t - JUST);
    return i < 0 ? this.steps.length - 1 : i;
  }

  /** The first stop after a time, if there is one. */
  after(t) {
    const i = this.steps.findIndex((_, n) => this.stop(n) > t + JUST);
    return i < 0 ? Infinity : this.stop(i);
  }

  /** Begin or leave. */
  set(on) {
    this.on = on && this.steps.length > 0;
    this.box.hidden = !this.on;
    document.body.classList.toggle("lesson", this.on);
    this.hold(undefined);
    this.told = undefined;
    this.show();
  }

  /** On to the next stop; at once where the film is on its way there. */
  next() {
    const { page } = this;
    if (!page.playing) page.play(true);
    else if (this.after(page.time) < Infinity) this.wait(this.after(page.time));
  }

  /** Stand at a stop. */
  wait(t) {
    this.page.seek(t);
    this.page.play(false);
  }

  /** The step before, from its beginning. */
  back() {
    this.go(Math.max(0, this.at(this.page.time) - 1));
  }

  /** Play a step from its beginning. */
  go(i) {
    this.page.seek(i > 0 ? this.stop(i - 1) + 2 * JUST : 0);
    this.page.play(true);
  }

  /** Tell what belongs to the moment. */
  show() {
    if (!this.on) return;
    const i = this.at(this.page.time);
    const step = this.steps[i];
    const at = standing(this.steps, this.page.time) ?? step;
    this.box.classList.toggle("waiting", !this.page.playing);
    if (this.told === step) return;
    this.told = step;
    this.hold(undefined);
    const { words } = this.page;
    const chapter = this.page.telling.chapters[this.page.film.chapterAt(at.start)];
    const place = filled(words.step, { n: i + 1, count: this.steps.length });
    this.box.querySelector(".where").textContent = `${chapter} · ${place}`;
    this.box.querySelector("h2").textContent = step.text;
    this.box.querySelector(".comment").replaceChildren(...this._text(step.comment));
    this.box.querySelector(".formula").innerHTML = this.page.data.formulas[step.key] ?? "";
    this.box.querySelector(".widget").replaceChildren(...widgetOf(step.key, this.page));
    this.box.querySelector(".told").scrollTop = 0;
    this.box.querySelector("[data-act=back]").disabled = i === 0;
  }

  /** A comment with its links as words to touch. */
  _text(comment) {
    const parts = [];
    let from = 0;
    for (const found of comment.matchAll(LINK)) {
      parts.push(comment.slice(from, found.index), this._link(found[1], found[2]));
      from = found.index + found[0].length;
    }
    return [...parts, comment.slice(from)];
  }

  _link(text, target) {
    const link = { axis: target[0] === "=" ? target.slice(1) : undefined, labels: target.split("|") };
    if (!this._sheets(link).length) return text;
    const word = element("span", { className: "word", tabIndex: 0 }, text); // a button would break no line
    word.link = link;
    word.setAttribute("role", "button");
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

  /** The sheets that a link speaks of, where the film is just now. */
  _sheets({ axis, labels }) {
    const { stage } = this.page;
    const has = axis
      ? ({ block }) => block.axes.includes(axis) && block.shape[block.axes.indexOf(axis)] > 1
      : ({ block }) => labels.includes(block.label);
    return nearest(stage, [...stage.sheets.values()].filter(has));
  }

  /** Keep a link lit, or none; the camera goes to what is lit where it is not seen. */
  hold(link) {
    this.held = link;
    for (const word of this.box.querySelectorAll(".word"))
      word.setAttribute("aria-pressed", String(word.link === link));
    this._light(link);
    if (link) this.page.stage.visit(this.marks.corners, false);
  }

  _light(link) {
    const sheets = link ? this._sheets(link) : [];
    this.marks.show(sheets, link?.axis);
  }

  /** Light the words that speak of a matrix, by its label. */
  point(label) {
    if (!this.on || label === this.pointed) return;
    this.pointed = label;
    for (const word of this.box.querySelectorAll(".word"))
      word.classList.toggle("lit", word.link.labels.includes(label));
  }
}
