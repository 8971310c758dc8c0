// The scene in three.js: what the film's state looks like, and from where it is seen.

import * as THREE from "./three.js";
import { GLTFLoader, OrbitControls } from "./three.js";

const SENSOR = 36; // mm, across the longer side of the picture
const TALL = 0.8; // width by height below which a screen counts as standing
const STATES = 512; // parts in a row of the table of states
const LIFT = 0.7; // how much a highlight shines

const SLOW = { late: 0.045, soon: 0.022, patience: 8, less: 0.75, least: 0.35 }; // when the resolution changes
const RETURN = 0.7; // seconds in which the camera goes back to the film
const VISIT = { azimuth: -20, elevation: 10, room: 1.45, lens: 50, cells: 8 }; // how the camera looks at a cell and its sources
const EDGE = 0.04; // of the picture: what lies nearer to its edge counts as not seen
const TURN = { angle: Math.PI / 24, zoom: 1.15 }; // a key turns and nears the view by this much
/** @type {Record<string, [axis: number, way: number]>} */
const AXES = { location_x: [0, 1], location_y: [2, -1], location_z: [1, 1] }; // in glTF's axes

/**
 * @typedef {import("./data").Data} Data
 * @typedef {import("./data").Block} Block
 * @typedef {import("./data").Triple} Triple
 * @typedef {import("./film.js").Pose} Pose
 * @typedef {{axes: string[], shape: number[]}} Declared a matrix, so far as its cells are counted by it
 * @typedef {{position: THREE.Vector3, quaternion: import("three").Quaternion}} Stand
 * @typedef {Record<string, import("three").IUniform>} Uniforms
 */

/** Turn a colour of the data into linear light. @param {string} code */
const colour = (code) => new THREE.Color(code);

export class Stage {
  /** @param {HTMLCanvasElement} canvas @param {WebGL2RenderingContext} context of the canvas
   * @param {Data} data @param {Float32Array} numbers @param {import("./film").Film} film */
  constructor(canvas, context, data, numbers, film) {
    this._stale = false;
    /** @type {Map<string, Sheet>} */
    this.sheets = new Map();
    /** @type {{at: number, from: Stand & {target: THREE.Vector3, fov: number},
     *   to: {position: THREE.Vector3, target: THREE.Vector3, fov: number}} | undefined} the way to what is visited */
    this.going = undefined;
    /** @type {({at: number} & Stand) | undefined} where the viewer left the camera, and when */
    this.left = undefined;
    this.visited = false;
    this.time = 0;
    /** @type {{set: (value: number) => void, curve: number}[]} */
    this.setting = [];
    this.canvas = canvas;
    this.data = data;
    this.film = film;
    this.renderer = new THREE.WebGLRenderer({ canvas, context });
    this.camera = new THREE.PerspectiveCamera(40, 1, 1, 10000);
    this.scene = new THREE.Scene();
    this.scene.background = colour(data.look.wall);
    this.room = {
      uMiddle: { value: colour(data.look.middle) },
      uWall: { value: colour(data.look.wall) },
      uPicture: { value: new THREE.Vector2() },
    };
    this.shadows = new Shadows(data.blocks.length, data.room, this.room, bend(data.room.outline));
    this.parts = new Parts(data.parts, data.look, this.room);
    this.scene.add(wall(data, this.room), this.shadows.mesh);
    canvas.addEventListener("webglcontextrestored", () => (this.stale = true));
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, zoomToCursor: true });
    this.controls.addEventListener("start", () => {
      this.going = undefined;
      this.visited = false; // the viewer goes on alone
      this.setOrbit(true);
    });
    this.controls.addEventListener("change", () => (this.stale = true));
    this.orbit = false;
    this.onorbit = (/** @type {boolean} */ _orbit) => {};
    this.onstale = () => {};
    this.covered = () => ({ right: 0, bottom: 0 }); // pixels of the picture behind something else
    this.quality = 1; // of the resolution, lowered where drawing is slow
    this.slow = 0; // pictures in a row that took too long, or, below zero, that did not
    this.stale = true;
    this.language = "";
    this.values = new Float32Array(film.curves.length);
    this.overlay = new THREE.Group(); // of the inspector
    this.scene.add(this.overlay);
    this.swarms = new Map(
      data.swarms.map((row) => [row.name, new Swarm(row, numbers, this.scene, data, this.room)]),
    );
  }

  /** Read the .glb. @param {ArrayBuffer} model */
  async load(model) {
    const gltf = await new GLTFLoader().parseAsync(model, "");
    const anisotropy = Math.min(8, this.renderer.capabilities.getMaxAnisotropy());
    this.scene.add(gltf.scene);
    const blocks = new Map(this.data.blocks.map((block) => [block.name, block]));
    gltf.scene.traverse((thing) => {
      if (!(thing instanceof THREE.Mesh)) return;
      const { nodes } = gltf.parser.associations.get(thing) ?? {};
      const { name } = gltf.parser.json.nodes[nodes ?? -1];
      if (thing.material.map) thing.material.map.anisotropy = anisotropy;
      const block = blocks.get(name);
      if (block) this.sheets.set(name, new Sheet(block, thing, this.data));
      else this.parts.dress(thing);
    });
    this.setting = this.data.tracks.map(([target, channel, curve]) => ({
      set: this._setter(target, channel),
      curve,
    }));
  }

  /** How a channel of a target takes a value. @param {string} target @param {string} channel
   * @returns {(value: number) => void} */
  _setter(target, channel) {
    const sheet = this.sheets.get(target);
    if (sheet) return (value) => sheet.set(channel, value);
    const swarm = this.swarms.get(target);
    if (swarm) return (value) => swarm.set(channel, value);
    const parts = this.parts.named.get(target) ?? [];
    return (value) => parts.forEach((part) => this.parts.set(part, channel, value));
  }

  /** Put everything into its state at a time. @param {number} t */
  show(t) {
    this.time = t;
    this.film.evaluate(t, this.values);
    for (const { set, curve } of this.setting) set(this.values[curve]);
    for (const sheet of this.sheets.values()) sheet.place();
    this._shade();
    this.parts.place(this.sheets, this.language, this.orbit);
    for (const swarm of this.swarms.values()) swarm.place();
    this.stale = true;
  }

  /** Let the shadows of sheets lie where the key light throws them. */
  _shade() {
    const { wall } = this.data.room;
    let i = 0;
    for (const { block, mesh } of this.sheets.values()) {
      const [rows, columns] = block.shape;
      const { x, y, z } = mesh.position;
      const away = Math.max(0, z - 0.5 - wall);
      this.shadows.lay(i++, [x + columns / 2, y - rows / 2], [columns, rows], away, 0.3, wall + 0.05);
    }
    this.shadows.laid();
  }

  /** Whether the viewer has the camera, rather than the film. @param {boolean} orbit */
  setOrbit(orbit) {
    if (orbit === this.orbit) return;
    this.orbit = orbit;
    this.parts.place(this.sheets, this.language, orbit);
    if (orbit) this.controls.target.set(...this.film.pose(this.time, this.tall).target);
    else {
      this.left = { at: performance.now(), ...standOf(this.camera) };
      this.going = undefined;
      this.visited = false;
    }
    this.stale = true;
    this.onorbit(orbit);
  }

  /** Go to where points of the scene are seen well, unless they are already. @param {THREE.Vector3[]} points */
  visit(points, always = true) {
    if (!points.length || (!always && points.every((point) => this.sees(point)))) return;
    const low = points.reduce((a, b) => a.min(b), points[0].clone());
    const size = points.reduce((a, b) => a.max(b), points[0].clone()).sub(low);
    const middle = low.addScaledVector(size, 0.5);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { right, bottom } = this.covered();
    const down = SENSOR / 2 / VISIT.lens; // half the height at unit depth
    const [free, clear] = [(width - right) / height, 1 - bottom / height]; // of the height
    const half = Math.max(size.x / 2 / free, size.y / 2 / clear, VISIT.cells) / down;
    const distance = VISIT.room * half + size.z;
    // What is covered lies at the right and at the bottom: the picture's middle lies as far beside the subject.
    const turned = (VISIT.azimuth * Math.PI) / 180;
    const [aside, below] = [(right / height) * down * distance, (bottom / height) * down * distance];
    middle.add(new THREE.Vector3(aside * Math.cos(turned), -below, -aside * Math.sin(turned)));
    const pose = { target: tripleOf(middle), ...VISIT, distance };
    const from = { target: middle.clone(), ...standOf(this.camera), fov: this.camera.fov };
    if (this.orbit) from.target.copy(this.controls.target);
    else from.target.set(...this.film.pose(this.time, this.tall).target);
    this.setOrbit(true);
    this.visited = true;
    const fov = (360 / Math.PI) * Math.atan(down);
    this.going = { at: performance.now(), from, to: { target: middle, position: eyeOf(pose), fov } };
    this.stale = true;
  }

  /** Go back to the film, where the camera left it for a visit. */
  unvisit() {
    if (this.visited) this.setOrbit(false);
  }

  /** Whether a point of the scene is well within the picture. @param {THREE.Vector3} point */
  sees(point) {
    const { x, y, seen } = this.project(point);
    const { right, bottom } = this.covered();
    const [across, up] = [x / (this.canvas.clientWidth - right), y / (this.canvas.clientHeight - bottom)];
    return seen && Math.min(across, 1 - across, up, 1 - up) > EDGE;
  }

  /** Turn the view by steps to the right and upwards, and near it. @param {number} right @param {number} up */
  turn(right, up, nearer = 0) {
    this.going = undefined;
    this.setOrbit(true);
    const { camera, controls } = this;
    const away = camera.position.clone().sub(controls.target);
    const distance = away.length() / TURN.zoom ** nearer;
    const turned = Math.atan2(away.x, away.z) + right * TURN.angle;
    const raised = Math.asin(away.y / away.length()) + up * TURN.angle;
    const [azimuth, elevation] = [turned, Math.min(1.5, Math.max(-1.5, raised))].map((angle) => (180 / Math.PI) * angle);
    camera.position.copy(eyeOf({ target: tripleOf(controls.target), azimuth, elevation, distance }));
    this.stale = true;
  }

  get tall() {
    return this.camera.aspect < TALL;
  }

  /** Whether there is something new to draw. */
  set stale(stale) {
    this._stale = stale;
    if (stale) this.onstale();
  }

  get stale() {
    return this._stale;
  }

  /** Lower the resolution where pictures take too long, and raise it again; all of it where nothing moves.
   * @param {number} passed seconds since the picture before, 0 for a still one */
  pace(passed) {
    const { late, soon, patience, less, least } = SLOW;
    if (passed === 0) this.slow = 0;
    else if (passed > late) this.slow = Math.max(1, this.slow + 1);
    else if (passed < soon) this.slow = Math.min(-1, this.slow - 1);
    let { quality } = this;
    if (passed === 0) quality = 1;
    else if (this.slow > patience) quality *= less;
    else if (this.slow < -8 * patience) quality /= less;
    quality = Math.min(1, Math.max(least, quality));
    if (quality === this.quality) return;
    this.quality = quality;
    this.slow = 0;
    this.resize();
  }

  /** Fit the picture into its place. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio) * this.quality);
    this.renderer.setSize(width, height, false);
    this.renderer.getDrawingBufferSize(this.room.uPicture.value);
    this.camera.aspect = width / height;
    this.stale = true;
  }

  /** Draw, if anything has changed. @param {boolean} calm whether to spare the viewer camera moves */
  draw(calm = false) {
    this.controls.enableDamping = !calm;
    if (this.orbit) this._turn(calm);
    else this._follow(calm);
    if (!this.stale) return false;
    this.stale = false;
    this.camera.updateProjectionMatrix();
    this.renderer.render(this.scene, this.camera);
    return true;
  }

  /** Stand where the viewer has turned it. @param {boolean} calm */
  _turn(calm) {
    if (this.going) this._go(this.going, calm);
    this.controls.update();
    this._reach(this.controls.getDistance());
  }

  /** On the way to what is visited. @param {NonNullable<Stage["going"]>} going @param {boolean} calm */
  _go({ at, from, to }, calm) {
    const share = calm ? 1 : Math.min(1, (performance.now() - at) / (1000 * RETURN));
    const done = 1 - (1 - share) ** 3;
    this.camera.position.lerpVectors(from.position, to.position, done);
    this.controls.target.lerpVectors(from.target, to.target, done);
    this.camera.fov = from.fov + (to.fov - from.fov) * done;
    this.stale = true;
    if (share === 1) this.going = undefined;
  }

  /** Stand where the film's camera stands, or on the way back to it. @param {boolean} calm */
  _follow(calm) {
    const { camera } = this;
    const pose = this.film.pose(this.time, this.tall);
    const eye = eyeOf(pose);
    this._lens(pose);
    camera.position.copy(eye);
    camera.lookAt(...pose.target);
    if (!this.left) return;
    const share = Math.min(1, (performance.now() - this.left.at) / (1000 * RETURN));
    const rest = calm ? 0 : (1 - share) ** 3;
    camera.position.lerp(this.left.position, rest);
    camera.quaternion.slerp(this.left.quaternion, rest);
    this.stale = true;
    if (share === 1 || calm) this.left = undefined;
  }

  /** The film's picture fits into the screen whole; what the screen has beyond it shows more of the scene.
   * @param {Pose} pose */
  _lens({ lens, distance }) {
    const { camera, film } = this;
    const across = this.tall ? (SENSOR / 2 / lens) * (9 / 16) : SENSOR / 2 / lens; // half the width at unit depth
    const down = this.tall ? SENSOR / 2 / lens : across / film.aspect;
    const height = Math.max(down, across / camera.aspect);
    camera.fov = (360 / Math.PI) * Math.atan(height);
    this._reach(distance);
  }

  /** How near and how far the camera sees. @param {number} distance */
  _reach(distance) {
    this.camera.near = Math.max(0.2, distance / 60);
    this.camera.far = 20 * distance + 4 * this.data.room.reach;
  }

  /** The cell under a place on the canvas. @param {number} x @param {number} y @returns {{sheet: Sheet, row: number, column: number} | undefined} */
  pick(x, y) {
    const place = new THREE.Vector2(
      (2 * x) / this.canvas.clientWidth - 1,
      1 - (2 * y) / this.canvas.clientHeight,
    );
    const ray = new THREE.Raycaster();
    this.camera.updateMatrixWorld();
    ray.setFromCamera(place, this.camera);
    const meshes = [...this.sheets.values()].map((sheet) => sheet.mesh);
    const [hit] = ray.intersectObjects(meshes, false);
    if (!hit) return undefined;
    const sheet = hit.object.userData.sheet;
    const [rows, columns] = sheet.block.shape;
    const { x: across, y: up } = sheet.mesh.worldToLocal(hit.point.clone());
    const within = (/** @type {number} */ share, /** @type {number} */ count) =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return { sheet, row: within(-up, rows), column: within(across, columns) };
  }

  /** Where a point of the scene is on the canvas, in pixels. @param {THREE.Vector3} point */
  project(point) {
    this.camera.updateMatrixWorld();
    const { x, y, z } = point.clone().project(this.camera);
    return {
      x: ((x + 1) / 2) * this.canvas.clientWidth,
      y: ((1 - y) / 2) * this.canvas.clientHeight,
      seen: z < 1,
    };
  }
}

/** Where a camera stands and how it is turned. @param {Stand} camera */
function standOf({ position, quaternion }) {
  return { position: position.clone(), quaternion: quaternion.clone() };
}

/** A place as three numbers. @param {THREE.Vector3} place @returns {Triple} */
const tripleOf = ({ x, y, z }) => [x, y, z];

/** Where the camera of a pose stands, in glTF's axes. @param {Omit<Pose, "lens">} pose */
function eyeOf({ target, azimuth, elevation, distance }) {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const away = new THREE.Vector3(Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e));
  return new THREE.Vector3(...target).addScaledVector(away, distance);
}

// The wall is brightest in the middle of the picture, behind the subject, wherever the camera goes.
const WALL = `
uniform vec3 uMiddle, uWall;
uniform vec2 uPicture;
vec3 wallColour() {
  vec2 away = (gl_FragCoord.xy / uPicture - vec2(0.5, 0.55)) * vec2(1.0, 0.8);
  return mix(uMiddle, uWall, smoothstep(0.0, 0.62, length(away)));
}`;

// --- matrices ---

/** A sheet of cells: a box of the .glb whose shader draws the cells and knows how far they are computed. */
export class Sheet {
  /** @param {Block} block @param {THREE.Mesh<import("three").BufferGeometry, any>} mesh @param {Data} data */
  constructor(block, mesh, data) {
    this.block = block;
    this.mesh = mesh;
    mesh.userData.sheet = this;
    this.home = mesh.position.clone();
    this.offset = new THREE.Vector3();
    const [rows, columns] = block.shape;
    const byRows = ["position", "query"].includes(block.axes[0] ?? "");
    const positions = byRows ? rows : columns;
    const length = byRows ? columns : rows;
    const { stride, tail, prompt } = data.front;
    const computed = block.role !== "weight";
    this.uniforms = {
      uShape: { value: new THREE.Vector2(columns, rows) },
      uOrder: {
        value: new THREE.Vector4(
          byRows ? 1 : 0,
          length,
          prompt,
          Math.max(1, Math.min(prompt, positions) * length - 1),
        ),
      },
      uFront: { value: new THREE.Vector3(stride, tail, computed ? 1 : 0) },
      uState: { value: new THREE.Vector4(computed ? 1e6 : 0, 0, 0, 0) }, // reveal, dim, highlight, rose
      uLit: { value: 0 }, // whether a text speaks of it
      uTexel: { value: texelsOf(mesh.geometry, columns, rows) },
      uEmpty: { value: colour(data.look.plate) },
      uGrid: { value: colour(data.look.grid) },
      uWall: { value: colour(data.look.wall) },
      uDim: { value: data.look.dim },
      uHoles: { value: block.masked ? 1 : 0 },
      uKnown: { value: 1e6 }, // positions that hold anything
      ...closeMap(block.ramp ? data.look.close[block.ramp] : undefined),
    };
    mesh.material = mesh.material.clone();
    mesh.material.onBeforeCompile = (/** @type {import("three").WebGLProgramParametersWithUniforms} */ shader) => {
      Object.assign(shader.uniforms, this.uniforms);
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", `#include <common>\n${SHEET_VERTEX}`)
        .replace("#include <begin_vertex>", "#include <begin_vertex>\n" + SHEET_PLACE);
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <map_pars_fragment>", `#include <map_pars_fragment>\n${SHEET_FRAGMENT}`)
        .replace("#include <map_fragment>", "")
        .replace("#include <color_fragment>", "diffuseColor.rgb = cellColour();");
    };
    mesh.material.customProgramCacheKey = () => "sheet";
  }

  /** @param {string} channel @param {number} value */
  set(channel, value) {
    const state = this.uniforms.uState.value;
    if (channel === "reveal") state.x = value;
    else if (channel === "dim") state.y = value;
    else if (channel === "highlight") state.z = value;
    else if (channel === "rose") state.w = value;
    else if (AXES[channel]) this.offset.setComponent(AXES[channel][0], AXES[channel][1] * value);
  }

  /** Whether it shines because a text speaks of it. @param {boolean} on */
  light(on) {
    this.uniforms.uLit.value = on ? 1 : 0;
  }

  place() {
    this.mesh.position.copy(this.home).add(this.offset);
    this.mesh.updateMatrixWorld();
  }

  /** When a cell is computed, as a value of `reveal`. @param {number} row @param {number} column */
  order(row, column) {
    const { x: byRows, y: length, z: prompt, w: last } = this.uniforms.uOrder.value;
    const [position, within] = byRows ? [row, column] : [column, row];
    if (position >= this.uniforms.uKnown.value) return Infinity;
    if (position < prompt) return (position * length + within) / last;
    return this.uniforms.uFront.value.x * (position - prompt + 1) + within / Math.max(1, length - 1);
  }

  /** The matrix cell at a row and column. @param {number} row @param {number} column @param {Declared} matrix */
  cell(row, column, matrix) {
    const { axes, head } = this.block;
    const flipped = axes[1] !== matrix.axes.at(-1);
    let index = axes.includes(null) ? [Math.max(row, column)] : flipped ? [column, row] : [row, column];
    if (head === null && matrix.axes.length === 3) {
      const size = matrix.shape[1];
      index = [Math.floor(index[0] / size), index[0] % size, index[1]];
    }
    return head === null ? index : [head, ...index];
  }

  /** (row, column) of a matrix cell: the inverse of `cell`. @param {number[]} cell @param {Declared} matrix */
  spot(cell, matrix) {
    const { axes, head } = this.block;
    let index = cell;
    if (head !== null) index = cell.slice(1);
    else if (matrix.axes.length === 3) index = [cell[0] * matrix.shape[1] + cell[1], cell[2]];
    if (index.length === 1) return axes[0] === null ? [0, index[0]] : [index[0], 0];
    return axes[1] !== matrix.axes.at(-1) ? [index[1], index[0]] : index;
  }

  /** A point on the front, in cells from the upper left. @param {number} row @param {number} column */
  point(row, column, lift = 0) {
    const { x, y, z } = this.mesh.position;
    return new THREE.Vector3(x + column, y - row, z + lift);
  }
}

/** How much of the atlas a cell takes, as the front face of the box has it.
 * @param {import("three").BufferGeometry} geometry @param {number} columns @param {number} rows */
function texelsOf(geometry, columns, rows) {
  const { uv } = geometry.attributes;
  return new THREE.Vector2((uv.getX(2) - uv.getX(0)) / columns, (uv.getY(0) - uv.getY(2)) / rows);
}

/** How dark cells below zero are, step by step, and what they are painted with where they are seen close.
 * @param {{dark: string[], rose: string[]}} [map] */
function closeMap(map) {
  const light = (/** @type {string} */ code) => Math.cbrt(luminance(colour(code)));
  const known = map ?? { dark: ["#ffffff", "#ffffff", "#ffffff"], rose: ["#000", "#000", "#000", "#000"] };
  return {
    uDark: { value: new THREE.Vector3(...known.dark.map(light)) },
    uRose: { value: known.rose.map(colour) },
    uSigned: { value: map ? 1 : 0 },
  };
}

const luminance = (/** @type {THREE.Color} */ { r, g, b }) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

const SHEET_VERTEX = `
uniform vec2 uShape;
varying vec3 vCell; // column, row, and 1 on the front`;

const SHEET_PLACE = `
vCell = vec3(position.x * uShape.x, -position.y * uShape.y, step(-0.001, position.z));`;

const SHEET_FRAGMENT = `
uniform vec2 uShape, uTexel;
uniform vec4 uOrder; // by rows, length of a line, positions of the prompt, last place in it
uniform vec3 uFront, uEmpty, uWall, uGrid, uDark, uRose[4];
uniform vec4 uState;
uniform float uDim, uHoles, uSigned, uLit, uKnown;
varying vec3 vCell;

// What is below zero is darker than zero: how dark says how far, and so which rose it turns.
vec3 closeColour(vec3 rgb) {
  float light = pow(dot(rgb, vec3(0.2126, 0.7152, 0.0722)), 1.0 / 3.0);
  float size = light > uDark.y ? 0.5 * (uDark.x - light) / (uDark.x - uDark.y)
                               : 0.5 + 0.5 * (uDark.y - light) / (uDark.y - uDark.z);
  float at = 3.0 * clamp(size, 0.0, 1.0);
  vec3 rose = at < 1.0 ? mix(uRose[0], uRose[1], at)
    : at < 2.0 ? mix(uRose[1], uRose[2], at - 1.0) : mix(uRose[2], uRose[3], at - 2.0);
  return mix(rgb, rose, uSigned * uState.w * smoothstep(0.0, 0.04, size));
}

float orderOf(vec2 cell) {
  vec2 place = mix(cell, cell.yx, uOrder.x); // position, within
  if (place.x >= uKnown) return 1e7;
  if (place.x < uOrder.z) return (place.x * uOrder.y + place.y) / uOrder.w;
  return uFront.x * (place.x - uOrder.z + 1.0) + place.y / max(1.0, uOrder.y - 1.0);
}

vec3 cellColour() {
  vec2 cell = clamp(floor(vCell.xy), vec2(0.0), uShape - 1.0);
  vec2 inside = vCell.xy - cell; // 0 to 1 from the upper left
  vec2 wide = fwidth(vCell.xy);
  float pixel = max(wide.x, wide.y);
  float near = smoothstep(0.6, 0.2, pixel) * step(0.999, vCell.z);

  // From afar the atlas with its mipmaps; close by each cell with its gap and its bevel.
  vec3 far = texture2D(map, vMapUv).rgb;
  vec2 share = 1.0 - 1.0 / max(abs(uTexel) * vec2(textureSize(map, 0)), vec2(2.0)); // the rest are black gaps
  vec2 middle = vMapUv + (vec2(0.55) - inside) * uTexel;
  vec3 tile = textureGrad(map, middle, dFdx(vMapUv) * 0.01, dFdy(vMapUv) * 0.01).rgb;

  float lit = 1.0, flash = 0.0;
  if (uFront.z > 0.5) {
    float order = orderOf(cell);
    float behind = uState.x - order;
    float begun = uFront.x * floor((order + 0.01) / uFront.x) - 0.01; // what is still to be written has no place
    if (order < 1e6 && uState.x < begun) discard;
    lit = clamp(behind * 40.0, 0.0, 1.0);
    flash = lit * exp(-5.0 / uFront.y * max(behind, 0.0));
  }
  if (uHoles * lit * near > 0.5 && distance(tile, uWall) < 0.002) discard; // masked
  if (uState.w > 0.0) tile = closeColour(tile);
  vec3 gap = mix(uGrid, 0.3 * tile, lit); // where little light gets
  tile = mix(uEmpty, tile, lit) * (1.0 + flash);
  far = mix(mix(uEmpty, uGrid, 0.2), 0.87 / (share.x * share.y) * far, lit) * (1.0 + flash);

  vec2 edge = min(inside, 1.0 - inside);
  float rim = min(edge.x, edge.y);
  vec2 towards = edge.x < edge.y ? vec2(sign(inside.x - 0.5), 0.0) : vec2(0.0, sign(inside.y - 0.5));
  float slope = 1.0 - smoothstep(0.05, 0.15, rim);
  float bevel = 1.0 + lit * (slope * dot(towards, vec2(-0.18, -0.32)) + 0.06 * (1.0 - inside.y - inside.x));
  float body = smoothstep(0.045 - pixel * 0.6, 0.045 + pixel * 0.6, rim);
  vec3 close = mix(gap, tile * bevel, body);

  vec3 rgb = mix(far, close, near) * vColor.rgb * (1.0 + ${LIFT} * max(uState.z, 0.5 * uLit));
  return mix(rgb, uWall, uDim * uState.y * (1.0 - uLit));
}`;

// --- parts: all that is drawn and written, as two meshes with a table of states ---

/** @typedef {import("./data").Part & {hidden: number, offset: Triple, stretched?: number,
 *   gone?: boolean, shift?: number, rise?: number}} Drawn a part, with its state */

class Parts {
  /** @param {import("./data").Part[]} rows @param {Data["look"]} look @param {Uniforms} room */
  constructor(rows, look, room) {
    /** @type {Drawn[]} */
    this.rows = rows.map((row) => Object.assign(row, { hidden: 0, offset: /** @type {Triple} */ ([0, 0, 0]) }));
    /** @type {Map<string, number[]>} */
    this.named = new Map();
    rows.forEach((row, i) => this.named.set(row.name, [...(this.named.get(row.name) ?? []), i]));
    const height = Math.ceil(rows.length / STATES);
    this.table = new Float32Array(STATES * 3 * height * 4);
    this.texture = new THREE.DataTexture(this.table, STATES * 3, height, THREE.RGBAFormat, THREE.FloatType);
    this.uniforms = {
      uParts: { value: this.texture },
      uIdle: { value: colour(look.idle) },
      uDim: { value: look.dim },
      uInkDim: { value: look.ink_dim },
      ...room,
    };
    rows.forEach((row, i) => {
      // offset and visible; scale, stretch, reveal and dim; what it grows out of
      this.table.set([0, 0, 0, 1, 1, 1, 9, 0, ...row.at, 0], 12 * i);
    });
  }

  /** Let a mesh be drawn by the table. @param {THREE.Mesh<import("three").BufferGeometry, any>} mesh */
  dress(mesh) {
    mesh.frustumCulled = false;
    const material = mesh.material;
    material.onBeforeCompile = (/** @type {import("three").WebGLProgramParametersWithUniforms} */ shader) => {
      Object.assign(shader.uniforms, this.uniforms);
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", `#include <common>\n${PART_VERTEX}`)
        .replace("#include <begin_vertex>", `#include <begin_vertex>\n${PART_PLACE}`);
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", `#include <common>\n${PART_FRAGMENT}`)
        .replace("#include <color_fragment>", `#include <color_fragment>\n${PART_COLOUR}`);
    };
    const links = mesh.geometry.hasAttribute("_along");
    material.defines = { ...material.defines, ...(links ? { LINKS: "" } : {}) };
    material.customProgramCacheKey = () => `part ${Object.keys(material.defines)}`;
  }

  /** @param {number} part @param {string} channel @param {number} value */
  set(part, channel, value) {
    const at = 12 * part;
    const row = this.rows[part];
    if (channel === "hidden") row.hidden = value;
    else if (channel === "scale") this.table[at + 4] = value;
    else if (channel === "scale_x") this.table[at + 5] = value * (row.stretched ?? 1);
    else if (channel === "replaced") this.table[at + 11] = value;
    else if (channel === "reveal") this.table[at + 6] = value;
    else if (channel === "dim") this.table[at + 7] = value;
    else if (AXES[channel]) row.offset[AXES[channel][0]] = AXES[channel][1] * value;
  }

  /** Let a part be as many times as wide as it is in the file. @param {number} part @param {number} times */
  stretch(part, times) {
    const row = this.rows[part];
    this.table[12 * part + 5] *= times / (row.stretched ?? 1);
    row.stretched = times;
  }

  /** Carry the state over to the table. @param {Map<string, Sheet>} sheets @param {string} language @param {boolean} orbit */
  place(sheets, language, orbit) {
    this.rows.forEach(({ on, offset, hidden, spare, language: only, gone, shift = 0, rise = 0 }, i) => {
      const moved = on ? sheets.get(on)?.offset : undefined;
      const [x, y, z] = offset;
      const shown = hidden < 0.5 && !gone && (orbit || !spare) && (!only || only === language);
      this.table.set([x + shift + (moved?.x ?? 0), y + rise + (moved?.y ?? 0), z + (moved?.z ?? 0), shown ? 1 : 0], 12 * i);
    });
    this.texture.needsUpdate = true;
  }
}

const PART_VERTEX = `
attribute float _part;
uniform sampler2D uParts;
varying vec3 vPart; // reveal, dim, along
#ifdef LINKS
attribute float _along;
#endif`;

const PART_PLACE = `
int part = int(_part + 0.5);
ivec2 row = ivec2(3 * (part % ${STATES}), part / ${STATES});
vec4 where = texelFetch(uParts, row, 0);
vec4 how = texelFetch(uParts, row + ivec2(1, 0), 0);
vec4 root = texelFetch(uParts, row + ivec2(2, 0), 0);
vec3 pivot = root.xyz;
#ifdef REWRITTEN
where.w *= root.w;
#else
where.w *= 1.0 - root.w;
#endif
transformed = pivot + (transformed - pivot) * where.w * vec3(how.x * how.y, how.x, how.x) + where.xyz;
vPart = vec3(how.z, how.w, -1.0);
#ifdef LINKS
vPart.z = _along;
#endif`;

const PART_FRAGMENT = `
uniform vec3 uIdle;
uniform float uDim, uInkDim;
varying vec3 vPart;
${WALL}`;

const PART_COLOUR = `
if (vPart.z < -1.5) diffuseColor.rgb = wallColour();
else if (vPart.z >= 0.0) {
  float behind = vPart.x - vPart.z;
  float lit = clamp(behind * 12.0, 0.0, 1.0);
  diffuseColor.rgb = mix(uIdle, diffuseColor.rgb, lit) * (1.0 + lit * exp(-9.0 * max(behind, 0.0)));
  diffuseColor.rgb = mix(diffuseColor.rgb, uWall, uDim * vPart.y);
} else diffuseColor.rgb = mix(diffuseColor.rgb, uWall, uInkDim * vPart.y);`;

// --- swarms: cells that move on their own ---

/**
 * @typedef {(share: number, into: Float32Array, at: number) => void} Painter writes a colour of a map
 * @typedef {{map: {far: Painter, close: Painter}, tone: (pose: number, i: number) => number,
 *   out: (pose: number, i: number) => number, places: Iterable<number[]>, sizes: Iterable<number[]>}} Paint
 */

const SOFTER = 0.35; // of its way from the wall: so much further fades the shadow of a thin cell

class Swarm {
  /** @param {import("./data").Swarm} row @param {Float32Array} numbers
   * @param {THREE.Scene} scene @param {Data} data @param {Uniforms} uniforms of the room */
  constructor(row, numbers, scene, { look, room }, uniforms) {
    const read = (/** @type {number} */ at, /** @type {number} */ poses) => numbers.subarray(at, at + 3 * row.count * poses);
    this.poses = row.poses;
    this.states = row.states;
    this.places = read(row.places, row.poses);
    this.sizes = read(row.sizes, row.poses);
    this.colours = Float32Array.from(read(row.colours, row.states), linear);
    this.close = row.close === undefined ? this.colours : Float32Array.from(read(row.close, row.states), linear);
    this.own = { colours: this.colours, close: this.close, places: this.places, sizes: this.sizes };
    this.shift = 0; // columns by which another letter stands beside the film's
    this.gone = false;
    /** @type {string | undefined} */
    this.shown = undefined;
    this.map = row.map;
    this.back = colour(look.wall).toArray();
    this.dimmed = look.dim;
    this.state = { pose: 0, hidden: 1, highlight: 0, dim: 0, rose: 0 };
    const material = new THREE.MeshBasicMaterial({ vertexColors: true });
    this.mesh = new THREE.InstancedMesh(cuboid(), material, row.count);
    this.mesh.setColorAt(0, new THREE.Color());
    this.mesh.frustumCulled = false;
    scene.add(this.mesh);
    this.wall = row.wall;
    this.shadows = this.wall === undefined ? undefined : new Shadows(row.count, room, uniforms);
    if (this.shadows) scene.add(this.shadows.mesh);
  }

  /** @param {string} channel @param {number} value */
  set(channel, value) {
    Object.assign(this.state, { [channel]: value });
  }

  /** Other colours, places and sizes than the file's; "gone" for no cells at all.
   * @param {undefined | "gone" | Paint} paint
   *   a colour map and a share of it for every pose and cell, how much further it comes out, and what else is new */
  repaint(paint) {
    this.gone = paint === "gone";
    this.shown = undefined;
    Object.assign(this, this.own);
    if (paint && paint !== "gone") {
      [this.colours, this.close] = [paint.map.far, paint.map.close].map((map) => this._painted(map, paint.tone));
      this._reshape(paint);
    }
    this.place();
  }

  /** @param {Paint} paint */
  _reshape({ out, places, sizes }) {
    const { count } = this.mesh;
    [this.places, this.sizes] = [this.places.slice(), this.sizes.slice()];
    const take = (/** @type {Float32Array} */ array, /** @type {Iterable<number[]>} */ moves) => {
      for (const [pose, i, axis, value] of moves) array[3 * (pose * count + i) + axis] = value;
    };
    take(this.places, places);
    take(this.sizes, sizes);
    for (let at = 0; at < this.poses * count; at++) {
      const more = out(Math.floor(at / count), at % count);
      this.sizes[3 * at + 2] += more;
      this.places[3 * at + 2] += more / 2;
    }
  }

  /** @param {Painter} map @param {Paint["tone"]} tone */
  _painted(map, tone) {
    const { count } = this.mesh;
    const colours = new Float32Array(3 * count * this.states);
    for (let i = 0; i < count * this.states; i++) map(tone(Math.floor(i / count), i % count), colours, 3 * i);
    return colours.map(linear);
  }

  place() {
    const { pose, hidden, highlight, dim, rose } = this.state;
    this.mesh.visible = hidden < 0.5 && !this.gone;
    if (this.shadows) this.shadows.mesh.visible = this.mesh.visible;
    const now = `${pose} ${highlight} ${dim} ${rose}`;
    if (!this.mesh.visible || this.shown === now) return;
    this.shown = now;
    const whole = Math.min(this.poses - 1, Math.max(0, Math.floor(pose)));
    const between = (/** @type {Float32Array} */ array, /** @type {number} */ last, /** @type {number} */ i) => {
      const wide = 3 * this.mesh.count;
      const from = array[Math.min(whole, last) * wide + i];
      return from + (array[Math.min(whole + 1, last) * wide + i] - from) * (pose - whole);
    };
    const tint = (/** @type {number} */ i) => {
      const plain = between(this.colours, this.states - 1, i);
      const seen = plain + rose * (between(this.close, this.states - 1, i) - plain);
      const back = this.back[i % 3];
      return seen * (1 + LIFT * highlight) + dim * this.dimmed * (back - seen);
    };
    const shift = this.shift * Math.max(0, 1 - pose); // where it comes from
    const matrix = new THREE.Matrix4();
    const paint = new THREE.Color();
    for (let i = 0; i < this.mesh.count; i++) {
      const [[x, y, z], [wide, deep, high]] = [this.places, this.sizes].map((array) =>
        [0, 1, 2].map((k) => between(array, this.poses - 1, 3 * i + k)),
      );
      matrix.makeScale(wide || 1e-4, deep || 1e-4, high || 1e-4).setPosition(x + shift, y, z);
      this.mesh.setMatrixAt(i, matrix);
      this._shade(i, [x + shift, y, z], [wide, deep, high]);
      this.mesh.setColorAt(i, paint.setRGB(tint(3 * i), tint(3 * i + 1), tint(3 * i + 2)));
    }
    this.mesh.instanceMatrix.needsUpdate = true;
    if (this.mesh.instanceColor) this.mesh.instanceColor.needsUpdate = true;
    this.shadows?.laid();
  }

  /** Let a cell throw its shadow onto the wall of its stage. @param {number} i
   * @param {number[]} place @param {number[]} size */
  _shade(i, [x, y, z], [wide, high, deep]) {
    if (!this.shadows || this.wall === undefined) return;
    const away = z - this.wall;
    const there = away > 0 ? 1 : 0; // behind the wall it throws none
    const [right, up] = this.shadows.shadow;
    const far = [wide + Math.abs(right) * deep, high + Math.abs(up) * deep].map((size) => there * size);
    this.shadows.lay(i, [x, y], far, away * there, SOFTER * away, this.wall + 0.03 * away * there);
  }
}

/** An sRGB channel in linear light. @param {number} v */
export const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** A cuboid of size 1, darker at its sides as if lit from the upper left. */
function cuboid() {
  const box = new THREE.BoxGeometry();
  const shade = [0.42, 0.6, 0.85, 0.42, 1, 0.4].flatMap((s) => new Array(4).fill([s, s, s]).flat()); // ±x ±y ±z
  box.setAttribute("color", new THREE.Float32BufferAttribute(shade, 3));
  return box;
}

// --- the room ---

/** The wall that bends into the floor. @param {Data} data @param {Uniforms} uniforms */
function wall({ room, look }, uniforms) {
  const { outline, middle, reach } = room;
  const geometry = new THREE.PlaneGeometry(); // whose corners are replaced
  const corners = outline.flatMap(([y, z]) => [middle - reach, y, z, middle + reach, y, z]);
  const faces = outline.slice(1).flatMap((_, i) => [0, 1, 3, 0, 3, 2].map((corner) => 2 * i + corner));
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(corners, 3));
  geometry.setIndex(faces);
  geometry.computeVertexNormals();
  const material = new THREE.ShaderMaterial({
    uniforms: { ...uniforms, uFloor: { value: colour(look.floor) } },
    vertexShader: `varying float vFlat; void main() {
      vFlat = abs(normal.y);
      gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }`,
    fragmentShader: `${WALL}
    uniform vec3 uFloor; varying float vFlat; void main() {
      float grain = fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) - 0.5;
      gl_FragColor = vec4(mix(wallColour(), uFloor, pow(vFlat, 1.5)), 1.0);
      #include <colorspace_fragment>
      gl_FragColor.rgb += grain / 255.0; }`,
  });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = -2;
  return mesh;
}

/** How high the bend between floor and wall begins and ends. @param {Data["room"]["outline"]} outline */
function bend(outline) {
  return new THREE.Vector2(outline[0][0], outline[outline.length - 2][0]);
}

/** What cuboids throw onto a wall: a soft rectangle each; where they overlap it gets no darker. */
class Shadows {
  /** @param {number} count @param {Data["room"]} room @param {Uniforms} uniforms
   * @param {THREE.Vector2} [bend] where the wall bends into the floor, and shadows end */
  constructor(count, { shadow }, uniforms, bend) {
    this.shadow = shadow;
    const geometry = new THREE.PlaneGeometry(); // whose corners are replaced
    const each = Array.from({ length: count }, (_, i) => i);
    const corners = each.flatMap(() => [-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0]);
    const faces = each.flatMap((i) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * i + corner));
    geometry.setAttribute("position", new THREE.Float32BufferAttribute(corners, 3));
    geometry.setIndex(faces);
    this.box = new THREE.Float32BufferAttribute(new Float32Array(16 * count), 4);
    this.soft = new THREE.Float32BufferAttribute(new Float32Array(8 * count), 2); // and how deep it lies
    geometry.setAttribute("box", this.box);
    geometry.setAttribute("soft", this.soft);
    const material = new THREE.ShaderMaterial({
      blending: THREE.CustomBlending,
      blendEquation: THREE.MinEquation,
      depthWrite: false,
      defines: bend ? { BEND: "" } : {},
      uniforms: {
        ...uniforms,
        uShade: { value: shadow[3] },
        uBend: { value: bend ?? new THREE.Vector2() },
      },
      vertexShader: `attribute vec4 box; attribute vec2 soft;
      varying vec3 vPlace; varying vec2 vHalf; varying float vHeight; void main() {
        vHalf = box.zw;
        vec2 place = position.xy * (box.zw + soft.x);
        vPlace = vec3(place, soft.x);
        vHeight = place.y + box.y;
        gl_Position = projectionMatrix * viewMatrix * vec4(place + box.xy, soft.y, 1.0); }`,
      fragmentShader: `${WALL}
      uniform float uShade; uniform vec2 uBend;
      varying vec3 vPlace; varying vec2 vHalf; varying float vHeight; void main() {
        vec2 cover = smoothstep(vec2(-vPlace.z), vec2(vPlace.z), vHalf - abs(vPlace.xy));
        float dark = uShade * cover.x * cover.y;
        #ifdef BEND
        dark *= smoothstep(0.6 * uBend.x + 0.4 * uBend.y, uBend.y, vHeight);
        #endif
        gl_FragColor = vec4(wallColour() * (1.0 - dark), 1.0);
        #include <colorspace_fragment>
      }`,
    });
    this.mesh = new THREE.Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = bend ? -1 : 1; // after the walls; what stands before one hides it
  }

  /** Where the key light throws a shadow, and how it looks there. @param {number} i
   * @param {number[]} middle @param {number[]} size of what throws it
   * @param {number} away from the wall @param {number} least softness @param {number} depth of the wall */
  lay(i, [x, y], [wide, high], away, least, depth) {
    const [right, up, soft] = this.shadow;
    for (let corner = 4 * i; corner < 4 * i + 4; corner++) {
      this.box.setXYZW(corner, x + right * away, y + up * away, wide / 2, high / 2);
      this.soft.setXY(corner, least + soft * away, depth);
    }
  }

  /** All lie where they are. */
  laid() {
    this.box.needsUpdate = this.soft.needsUpdate = true;
  }
}
