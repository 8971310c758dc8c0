// What Python hands over to the page, as export.py, facts.py, live.py and parts.py make it. A test holds them together.

export type Triple = [number, number, number];
export type Axis = "x" | "y" | "z";
export type Role = "weight" | "activation" | "aggregate";
/** Where an array begins among the page's numbers, and how many entries it has. */
export type Stored = [at: number, count: number];
/** A row of the list of numbers (sums.py). */
export type Row = number;
/** A colour map: of values that may be negative, or of those that may not. */
export type MapName = `${Role} ${"signed" | "positive"}`;

export interface Data {
  title: string;
  language: string; // a key of tellings, or "none"
  tokens: number[];
  pieces: string[]; // the text of every token
  matrices: Matrix[];
  blocks: Block[];
  look: Look;
  ramps: Record<Role, string[]>;
  formulas: Record<string, string>; // MathML by caption
  bend: { title: string; reach: number; values: number[] };
  room: Room;
  parts: Part[];
  swarms: Swarm[];
  duration: number; // seconds, as all times
  chapters: (Span & { name: string })[];
  front: { stride: number; tail: number; prompt: number };
  easings: Easing[];
  aspect: number;
  shots: { wide: Shot[]; tall: Shot[] };
  tellings: Record<string, Telling>;
  curves: number[][]; // rows of cues: start, end, from, to, easing
  tracks: [target: string, channel: string, curve: number][];
  live: Live;
}

// --- the model ---

/** A matrix as it is packed; `at` is where its values begin among the numbers. */
export interface Matrix {
  name: string;
  label: string;
  section: string[];
  axes: string[];
  shape: number[];
  at: number;
  op?: Op;
  formula?: string;
  inputs?: string[];
}

/** An operation: where it reads (network/reads.py), and its own parameters. */
export interface Op {
  type: string;
  reads: string[];
  out: string;
  spelled?: string; // of an activation
  [parameter: string]: any;
}

export interface Block {
  name: string;
  matrix: string;
  head: number | null;
  axes: (string | null)[];
  shape: [rows: number, columns: number];
  section: string[];
  label: string;
  role: Role;
  masked: boolean;
  ramp: Role | null; // the colour map of values that may be negative
}

// --- the look, as #rrggbb ---

export interface Look extends Record<Colour, string> {
  source: string;
  scheme: "dark" | "light";
  dim: number;
  ink_dim: number;
  close: Record<Role, { dark: string[]; rose: string[] }>;
}
export type Colour = "wall" | "middle" | "floor" | "ink" | "faint" | "accent" | "plate" | "grid" | "idle";

export interface Room {
  outline: [y: number, z: number][];
  wall: number;
  middle: number;
  reach: number;
  shadow: [right: number, up: number, soft: number, dark: number];
}

// --- what is drawn ---

export interface Part {
  name: string;
  at: Triple;
  on?: string; // the block that it moves along with
  spare?: boolean; // only there for who looks around
  language?: string; // the only one in which it is shown
}

/** Cells that move on their own: where their arrays begin among the numbers. */
export interface Swarm {
  name: string;
  count: number;
  poses: number;
  map: MapName;
  states: number;
  places: number;
  sizes: number;
  colours: number;
  close?: number;
  wall?: number; // how deep lies what its shadows fall on
}

// --- the film ---

export interface Span {
  start: number;
  end: number;
}
export type Easing = "linear" | "smooth" | "cubic" | "step";
/** Target, azimuth, elevation, distance, lens. */
export type Pose = [...Triple, number, number, number, number];
export type Shot = Span & { easing: number; poses: [Pose, Pose] };
export type Caption = Span & { stop: number; text: string; key: string; comment: string };

/** A language: its words, and what it says when. */
export interface Telling {
  language: string;
  names: Record<string, string>;
  sections: Record<string, string>;
  phrases: Record<string, string>;
  page: Record<string, string>;
  chapters: string[];
  captions: Caption[];
  heads: (Span & { text: string })[];
}

// --- another prompt ---

export interface Live {
  context: number;
  steps: number;
  tokenizer: Rules | null;
  sampling: { temperature: number; top_k: number; top_p: number };
  temperatures: { cold: number; hot: number }; // that the film shows
  prompt: string;
  last: number;
  examples: string[];
  broken: string;
  robust: number;
  half_way: number;
  inks: string[];
  maps: Maps;
  operations: string[];
  sums: Stored;
  texts: Text[];
  candidates: { unit: number; lengths: number[]; bars: string[] };
  swarms: Record<string, Painted | Record<string, never>>;
  lines: Record<string, Reach>;
  gone: string[];
  captions: Record<string, Record<string, string[]>>;
}

/** Where the colour maps begin among the numbers: in sheets, and seen close. */
export type Maps = { steps: number } & Record<MapName, [far: number, close: number]>;

/** What moving cells are painted by, and where and how large they are (live.py, `_swarm`). */
export interface Painted {
  tones: number;
  deep: number[];
  places?: Stored;
  sizes?: Stored;
}

/** How a line follows: it moves, or it is stretched from an end; with neither it goes. */
export interface Reach {
  shift?: [Row, Row];
  stretch?: Row;
  from?: number;
}

/** A text that follows: letters of the sequence, a token, numbers, or words with holes for them. */
export interface Text {
  part: number;
  at: Triple;
  size: number;
  ink: string;
  align: "left" | "centre" | "right";
  predicted?: number;
  token?: number;
  sorted?: boolean;
  rank?: number;
  entry?: number; // of the table of tokens
  kind?: string;
  numbers?: Row[];
  format?: "number" | "whole" | "share" | "percent";
  text?: string;
  letters?: number;
  step?: boolean;
  on?: MapName;
  tone?: Row;
  deep?: number;
  shift?: [Row, Row];
}

/** A model's tokenizer (models/pieces.py). */
export interface Rules {
  kind: string;
  vocab: Record<string, number>;
  merges: [string, string][];
  unknown: string | null;
  splits: { pattern: string; behaviour: string; invert: boolean }[];
  bytes: boolean;
  prefix: boolean;
  fallback: boolean;
  ignoreMerges: boolean;
  form: string | null;
  replaced: [string, string][];
  first: string;
  always?: boolean;
  before: number[];
  after: number[];
  added: [string, number][];
}
