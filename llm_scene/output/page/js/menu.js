// What opens over the page: the list of chapters and the menu, which take the focus and give it back.

import { element, inside } from "./markup.js";

const STORE = "llm-scene shortcuts";
const narrow = matchMedia("(max-width: 560px)");

/** A box that a button opens. Escape, or the focus leaving it, closes it. */
export class Panel {
  /** @param {HTMLElement} button @param {HTMLElement} box */
  constructor(button, box) {
    this.button = button;
    this.box = box;
    button.addEventListener("click", () => this.set());
    box.addEventListener("keydown", (event) => this._key(event));
    box.addEventListener("focusout", ({ relatedTarget: next }) => {
      if (next instanceof Node && !box.contains(next) && next !== button) this.set(false, false);
    });
  }

  get open() {
    return !this.box.hidden;
  }

  /** Open or close it; the focus goes in, and back to the button. */
  set(open = !this.open, focus = true) {
    if (open === this.open) return;
    this.box.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!focus) return;
    const rows = this._rows();
    if (open) (rows.find((row) => row.matches("[aria-current=true]")) ?? rows[0])?.focus();
    else if (this.box.contains(document.activeElement) || document.activeElement === document.body)
      this.button.focus();
  }

  /** @returns {HTMLElement[]} */
  _rows() {
    return [...this.box.querySelectorAll("button, select, input")].filter((row) => row instanceof HTMLElement);
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (event.key === "Escape") this.set(false);
    else if (step && !(event.target instanceof HTMLSelectElement)) {
      const rows = this._rows();
      const here = rows.findIndex((row) => row === document.activeElement);
      rows[(here + step + rows.length) % rows.length].focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

export class Menu extends Panel {
  /** @param {import("./main.js").Page} page @param {HTMLElement} button @param {HTMLElement} box */
  constructor(page, button, box) {
    super(button, box);
    this.page = page;
    const act = (/** @type {string} */ name, /** @type {() => void} */ run) =>
      inside(box, `[data-act=${name}]`).addEventListener("click", run);
    act("link", () => this._copy(this.address()));
    act("frame", () => this._copy(this.frame()));
    act("transcript", () => page.transcript.open());
    this.keys = inside(box, "#shortcuts", HTMLInputElement);
    this.keys.checked = stored() !== "off";
    this.keys.addEventListener("change", () => stored(this.shortcuts ? "on" : "off"));
    const languages = inside(document, "#language");
    const footer = inside(document, "footer");
    const place = () => (narrow.matches ? box.prepend(languages) : footer.append(languages));
    narrow.addEventListener("change", place);
    place();
  }

  /** Whether single letters are shortcuts. */
  get shortcuts() {
    return this.keys.checked;
  }

  /** Where others find this moment. */
  address() {
    const { page } = this;
    const { told } = page.inspector.pinned ?? {};
    const parts = [`t=${Math.round(10 * page.time) / 10}`, `language=${page.silent ? "none" : page.language}`];
    if (page.lesson.on) parts.push("lesson");
    if (told) parts.push(`cell=${told.matrix}[${told.cell}]`);
    return `${location.href.split("#")[0]}#${parts.join("&")}`;
  }

  /** The film as a part of another page. */
  frame() {
    const address = `${location.href.split("#")[0]}#language=${this.page.silent ? "none" : this.page.language}`;
    const title = this.page.data.title.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
    return `<iframe src="${address}" title="${title}" width="960" height="600" style="border: 0; max-width: 100%" allow="fullscreen; clipboard-write" loading="lazy"></iframe>`;
  }

  /** @param {string} text */
  async _copy(text) {
    const { words } = this.page;
    const said = inside(this.box, "[role=status]");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = words.copied;
    } catch {
      // Not allowed in every page: the text is there to be copied by hand.
      const field = element("input", { value: text, readOnly: true, ariaLabel: words.by_hand });
      said.replaceChildren(words.by_hand, field);
      field.select();
    }
  }
}

/** What the browser remembers of the shortcuts, where it remembers anything. @param {"on" | "off"} [value] */
function stored(value) {
  try {
    if (value) localStorage.setItem(STORE, value);
    return localStorage.getItem(STORE);
  } catch {
    return null; // pages of a disk, or in a frame, may have no memory
  }
}
