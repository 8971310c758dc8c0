// Elements of the page, and its sentences with their holes filled.

/** An element with its properties and children. */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A sentence with facts in its holes, `{name}` each. @param {string} text @param {Record<string, any>} facts */
export function filled(text, facts) {
  return text.replace(/\{(\w+)\}/g, (hole, name) => facts[name] ?? hole);
}
