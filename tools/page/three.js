// What the web page uses of three.js: tools/bundle_three.sh makes llm_scene/output/page/vendor of it.
export {
  BackSide,
  BoxGeometry,
  Color,
  CustomBlending,
  DataTexture,
  DoubleSide,
  Float32BufferAttribute,
  FloatType,
  Group,
  InstancedMesh,
  LinearFilter,
  LinearMipmapLinearFilter,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  MinEquation,
  NeutralToneMapping,
  PerspectiveCamera,
  PlaneGeometry,
  QuadraticBezierCurve3,
  RGBAFormat,
  Raycaster,
  Scene,
  ShaderMaterial,
  SphereGeometry,
  Vector2,
  Vector3,
  Vector4,
  WebGLRenderer,
} from "three";
export { OrbitControls } from "three/addons/controls/OrbitControls.js";
export { LineMaterial } from "three/addons/lines/LineMaterial.js";
export { LineSegments2 } from "three/addons/lines/LineSegments2.js";
export { LineSegmentsGeometry } from "three/addons/lines/LineSegmentsGeometry.js";
export { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
