// Words to token ids, by the rules that the page carries of the model's tokenizer.

/** @typedef {import("./data").Rules} Rules */

const BYTE_LETTERS = byteLetters();

/** GPT-2's alphabet: a printable letter for each of the 256 bytes. */
function byteLetters() {
  const plain = (/** @type {number} */ byte) => (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
  let others = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : others++));
}

export class Tokens {
  /** @param {Rules} rules */
  constructor(rules) {
    this.rules = rules;
    this.ranks = new Map(rules.merges.map(([a, b], rank) => [`${a} ${b}`, rank]));
    this.vocab = new Map(Object.entries(rules.vocab));
    this.patterns = rules.splits.map(({ pattern }) => new RegExp(pattern, "gu"));
    /** @type {Map<string, number[] | undefined>} */
    this.known = new Map();
  }

  /** Token ids of a text, with those that the model expects around it; undefined where it knows no such letters.
   * @param {string} text */
  encode(text) {
    const parts = this._parts(text).map((part, i) => (typeof part === "number" ? [part] : this._plain(part, i === 0)));
    const ids = joined(parts);
    return ids && [...this.rules.before, ...ids, ...this.rules.after];
  }

  /** The letters of a text that the model does not know. @param {string} text */
  strange(text) {
    return [...new Set(text)].filter((letter) => this.encode(letter) === undefined);
  }

  /** A text cut at tokens that stand in it as a whole. @param {string} text @returns {(string | number)[]} */
  _parts(text) {
    const { added } = this.rules;
    if (!added.length) return [text];
    const ids = new Map(added);
    const escaped = added.map(([word]) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const cut = text.split(new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join("|")})`, "u"));
    return cut.filter(Boolean).map((part) => ids.get(part) ?? part);
  }

  /** @param {string} text without such tokens @param {boolean} begins whether it is the beginning */
  _plain(text, begins) {
    const { form, replaced, prefix, first, always } = this.rules;
    const normal = form ? text.normalize(form) : text;
    let whole = replaced.reduce((now, [from, to]) => (from ? now.replaceAll(from, to) : to + now), normal);
    if (prefix && !whole.startsWith(" ")) whole = ` ${whole}`;
    if (first && (begins || always) && !whole.startsWith(first)) whole = first + whole;
    const words = this.patterns.reduce((found, pattern, i) => found.flatMap((w) => cut(w, pattern, this.rules.splits[i])), [whole]);
    return joined(words.filter(Boolean).map((word) => this._word(word)));
  }

  /** @param {string} word */
  _word(word) {
    if (!this.known.has(word)) this.known.set(word, this._cut(word));
    return this.known.get(word);
  }

  /** @param {string} word */
  _cut(word) {
    const { kind, bytes, ignoreMerges } = this.rules;
    const spelled = bytes
      ? [...new TextEncoder().encode(word)].map((byte) => BYTE_LETTERS[byte]).join("")
      : word;
    if (kind === "WordLevel" || (ignoreMerges && this.vocab.has(spelled))) {
      const id = this.vocab.get(spelled);
      return id === undefined ? undefined : [id];
    }
    return joined(this._merged([...spelled]).map((piece) => this._id(piece)));
  }

  /** Neighbours are joined, the earliest learned pair first. @param {string[]} parts */
  _merged(parts) {
    for (;;) {
      let [best, place] = [Infinity, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
        if (rank < best) [best, place] = [rank, i];
      }
      if (place < 0) return parts;
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
  }

  /** @param {string} piece */
  _id(piece) {
    const id = this.vocab.get(piece);
    if (id !== undefined) return [id];
    if (!this.rules.fallback) return undefined;
    return joined([...new TextEncoder().encode(piece)].map((byte) => this.vocab.get(byteName(byte))));
  }
}

/** All ids one behind the other; nothing where one is missing. @param {(number | number[] | undefined)[]} parts */
function joined(parts) {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known.flat() : undefined;
}

const byteName = (/** @type {number} */ byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** A text cut where a pattern is found: what is found stands alone, goes with what is before it, or is dropped.
 * @param {string} text @param {RegExp} pattern @param {Rules["splits"][number]} split */
function cut(text, pattern, { behaviour, invert }) {
  /** @type {string[]} */
  const words = [];
  let end = 0;
  const add = (/** @type {number} */ from, /** @type {number} */ to, /** @type {boolean} */ found) => {
    const word = text.slice(from, to);
    if (!word) return;
    if (found && behaviour === "Removed") return;
    if (found && behaviour === "MergedWithPrevious" && words.length) words.push(words.pop() + word);
    else words.push(word);
  };
  for (const match of text.matchAll(pattern)) {
    add(end, match.index, invert);
    add(match.index, match.index + match[0].length, !invert);
    end = match.index + match[0].length;
  }
  add(end, text.length, invert);
  return words;
}
