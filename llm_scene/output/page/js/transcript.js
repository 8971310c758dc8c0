// The film to read: everything that is said, and where attention goes, for whoever does not see the picture.

import { clock } from "./film.js";
import { element, filled, inside } from "./markup.js";

const LINK = /\[([^\]]*)\]\([^)]*\)/g;
const LARGEST = 32; // positions of a table of attention

export class Transcript {
  /** @param {import("./main.js").Page} page @param {HTMLDialogElement} box */
  constructor(page, box) {
    this.page = page;
    this.box = box;
    inside(box, ".close").addEventListener("click", () => box.close());
    box.addEventListener("keydown", (event) => event.stopPropagation());
  }

  open() {
    const { words, telling } = this.page;
    const parts = telling.chapters.map((title, i) => this._chapter(title, i));
    const title = element("h2", {}, words.attention);
    inside(this.box, ".read").replaceChildren(...parts.flat(), title, ...this._attention());
    this.box.showModal();
  }

  /** @param {string} title @param {number} i */
  _chapter(title, i) {
    const { start, end } = this.page.film.chapters[i];
    const said = this.page.telling.captions.filter((caption) => start <= caption.start && caption.start < end);
    const lines = said.flatMap(({ text, comment, key }) => [
      element("h3", {}, text),
      element("p", {}, comment.replace(LINK, "$1")),
      ...this._formula(key),
    ]);
    return [element("h2", {}, title, " ", element("small", {}, clock(start))), ...lines];
  }

  /** @param {string} key */
  _formula(key) {
    const { formulas } = this.page.data;
    return formulas[key] ? [element("p", { className: "formula", innerHTML: formulas[key] })] : [];
  }

  /** A table of the shares of attention, of the block and head that one chooses. */
  _attention() {
    const { words, inspector } = this.page;
    const patterns = [...inspector.model.matrices.values()].filter(({ name }) => name.endsWith("attn.pattern"));
    const choice = element("select", { ariaLabel: words.head });
    patterns.forEach(({ shape }, layer) => {
      for (let head = 0; head < shape[0]; head++) {
        const text = filled(words.head_of, { layer: layer + 1, head: head + 1 });
        choice.append(new Option(text, `${layer} ${head}`));
      }
    });
    const place = element("div", { className: "scrolled", tabIndex: 0, role: "region", ariaLabel: words.attention });
    const fill = () => {
      const [layer, head] = choice.value.split(" ").map(Number);
      place.replaceChildren(this._table(patterns[layer], head));
    };
    choice.addEventListener("change", fill);
    if (patterns.length) fill();
    return [element("p", {}, words.attention_read), choice, place];
  }

  /** @param {import("./explain.js").Matrix} pattern @param {number} head */
  _table({ values, shape }, head) {
    const { tokens, pieces } = this.page.inspector.model;
    const count = Math.min(shape[1], LARGEST, tokens.length);
    const letters = Array.from({ length: count }, (_, i) => pieces[tokens[i]]);
    const row = (/** @type {HTMLElement[]} */ cells) => element("tr", {}, ...cells);
    const header = (/** @type {string} */ text, /** @type {string} */ scope) => element("th", { scope }, text);
    const top = row([element("td", {}, ""), ...letters.map((letter, i) => header(`${i + 1} ${letter}`, "col"))]);
    const rows = letters.map((letter, query) =>
      row([
        header(`${query + 1} ${letter}`, "row"),
        ...letters.map((_, key) => {
          const share = values[(head * shape[1] + query) * shape[2] + key];
          return element("td", {}, key > query ? "" : `${Math.round(100 * share)} %`);
        }),
      ]),
    );
    return element("table", {}, element("thead", {}, top), element("tbody", {}, ...rows));
  }
}
