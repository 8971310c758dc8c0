// Elements of the page, and its sentences with their holes filled.

/** An element with its properties and children. @template {keyof HTMLElementTagNameMap} K @param {K} tag
 * @param {Record<string, any>} properties @param {(Node | string)[]} children @returns {HTMLElementTagNameMap[K]} */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * The element that a selector finds in a box, of a kind that has what is asked of it.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} box @param {string} selector @param {new () => T} [kind] @returns {T}
 */
export function inside(box, selector, kind) {
  const found = box.querySelector(selector);
  if (found instanceof (kind ?? HTMLElement)) return /** @type {T} */ (found);
  throw new Error(`the page has no ${selector}`);
}

/** A sentence with facts in its holes, `{name}` each. @param {string} text @param {Record<string, any>} facts */
export function filled(text, facts) {
  return text.replace(/\{(\w+)\}/g, (hole, name) => facts[name] ?? hole);
}
