// Words to token ids, by the rules that the page carries of the model's tokenizer.

/**
 * @typedef {{kind: string, vocab: Record<string, number>, merges: [string, string][], unknown: string | null,
 *   splits: {pattern: string, behaviour: string, invert: boolean}[], bytes: boolean, prefix: boolean,
 *   fallback: boolean, ignoreMerges: boolean, form: string | null, replaced: [string, string][], first: string,
 *   always?: boolean, before: number[], after: number[],
 *   added: [string, number][]}} Rules
 */

const BYTE_LETTERS = byteLetters();

/** GPT-2's alphabet: a printable letter for each of the 256 bytes. */
function byteLetters() {
  const plain = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
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

  /** Token ids of a text, with those that the model expects around it; undefined where it knows no such letters. */
  encode(text) {
    const ids = this._parts(text).map((part, i) => (typeof part === "number" ? [part] : this._plain(part, i === 0)));
    if (ids.includes(undefined)) return undefined;
    return [...this.rules.before, ...ids.flat(), ...this.rules.after];
  }

  /** The letters of a text that the model does not know. @returns {string[]} */
  strange(text) {
    return [...new Set(text)].filter((letter) => this.encode(letter) === undefined);
  }

  /** A text cut at tokens that stand in it as a whole. */
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
    const ids = words.filter(Boolean).map((word) => this._word(word));
    return ids.includes(undefined) ? undefined : ids.flat();
  }

  _word(word) {
    if (!this.known.has(word)) this.known.set(word, this._cut(word));
    return this.known.get(word);
  }

  _cut(word) {
    const { kind, bytes, ignoreMerges } = this.rules;
    const spelled = bytes
      ? [...new TextEncoder().encode(word)].map((byte) => BYTE_LETTERS[byte]).join("")
      : word;
    if (kind === "WordLevel" || (ignoreMerges && this.vocab.has(spelled))) {
      const id = this.vocab.get(spelled);
      return id === undefined ? undefined : [id];
    }
    const ids = this._merged([...spelled]).map((piece) => this._id(piece));
    return ids.includes(undefined) ? undefined : ids.flat();
  }

  /** Neighbours are joined, the earliest learned pair first. @param {string[]} parts */
  _merged(parts) {
    for (;;) {
      let [best, place] = [Infinity, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i]} ${parts[i + 1]}`);
        if (rank < best) [best, place] = [rank, i];
      }
      if (place < 0) return parts;
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
  }

  _id(piece) {
    const id = this.vocab.get(piece);
    if (id !== undefined) return [id];
    if (!this.rules.fallback) return undefined;
    const ids = [...new TextEncoder().encode(piece)].map((byte) => this.vocab.get(byteName(byte)));
    return ids.includes(undefined) ? undefined : ids;
  }
}

const byteName = (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** A text cut where a pattern is found: what is found stands alone, goes with what is before it, or is dropped. */
function cut(text, pattern, { behaviour, invert }) {
  const words = [];
  let end = 0;
  const add = (from, to, found) => {
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
