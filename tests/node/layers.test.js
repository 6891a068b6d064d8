/** The architecture as a test: which folder may include or import which, and how long a file may get. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';

/** Layer of src/ -> the layers it may include, itself apart. */
const BELOW = /** @type {Record<string, string[]>} */ ({
  base: [],
  kernels: ['base'],
  nn: ['kernels', 'base'],
  data: ['kernels', 'base'],
  eval: ['kernels', 'base'],
  file: ['base'],
  model: ['nn', 'kernels', 'base'],
  train: ['model', 'file', 'nn', 'data', 'kernels', 'base'],
  tools: ['train', 'model', 'file', 'nn', 'data', 'eval', 'kernels', 'base'],
});

/** The public header: the status and option types in it are every layer's; it includes nothing of the project. */
const PUBLIC = 'ssdgan.h';

/**
 * Room of the scripts -> the rooms whose modules it may import, itself apart. The page's main thread starts the worker
 * by its address and never imports its modules. Only the command line may use Node's modules.
 */
const SCRIPTS_BELOW = /** @type {Record<string, string[]>} */ ({
  'wasm/module': [],
  'wasm/engine': ['wasm/module'],
  'wasm/run': ['wasm/engine'],
  'wasm/cli': ['wasm/engine', 'wasm/run', 'web/public'],
  'wasm/package': ['wasm/module', 'wasm/engine', 'wasm/run', 'wasm/cli'], // its cli for Node only: node.js
  'web/worker': ['wasm/engine', 'wasm/run', 'web'],
  'web/page': ['web'],
  web: [],
  'web/public': [],
});

/** The imports across threads: the page starts these files as its workers. */
const WORKERS = ['web/worker/worker.js', 'web/worker/faces/finder.js'];

/** The public header is mostly comment, and one file on purpose. */
const MOST_LINES = { c: 450, js: 350, public: 550 };

/**
 * @param {string} folder
 * @param {RegExp} ending
 * @returns {string[]} the files below it, as paths from the project's folder
 */
function files(folder, ending) {
  const absolute = path.join(ROOT, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      if (entry.name === 'node_modules') return []; // of tests/peers
      if (entry.isDirectory()) return files(name, ending);
      return ending.test(entry.name) ? [name] : [];
    })
    .sort();
}

/** @param {string} file */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** @param {string} text @returns {string[]} the project's headers that it includes, as written */
export function includesOf(text) {
  return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)].map(([, name]) => name);
}

/**
 * @param {string} file path from the project's folder, src/LAYER/NAME
 * @param {string} text
 * @returns {string[]} what is wrong with its includes
 */
export function faultsOfC(file, text) {
  const layer = file.split('/')[1];
  if (!(layer in BELOW)) return [`${file}: src/${layer} is no layer; say in this test what it may include`];
  return includesOf(text).flatMap((name) => {
    if (name === PUBLIC) return [];
    const other = name.split('/')[0];
    if (!name.includes('/') || !(other in BELOW)) return [`${file}: "${name}" should be named from src/, LAYER/NAME.h`];
    return other === layer || BELOW[layer].includes(other) ? [] : [`${file} (${layer}) includes ${name} (${other})`];
  });
}

/**
 * Modules that a script loads when it runs. Types named in comments (`import('./x.js').Y`) are no dependency: what is
 * behind `//`, or stands between a slash with stars and its end, is left out.
 * @param {string} text
 * @returns {string[]} as written
 */
export function importsOf(text) {
  const code = text.replace(/\/\*(?!\s*@vite-ignore)[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
  const forms = [
    /^\s*(?:import|export)\s[^'"`;]*?\sfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) => [...code.matchAll(form)].map(([, name]) => name));
}

/** @param {string} file @param {string} name @returns {string} the path from the project's folder; a package's name as it is */
const resolve = (file, name) =>
  name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name.replace(/\?.*$/, '')) : name;

/** @param {string} file @param {string} text @returns {string[]} the project's scripts that it imports; a worker is no import */
const neighboursOf = (file, text) =>
  importsOf(text)
    .map((name) => resolve(file, name))
    .filter((name) => !WORKERS.includes(name));

/** @param {string} file @returns {string} its room: web/protocol.js is in web, web/page/main.js in web/page */
const roomOf = (file) => file.split('/').slice(0, -1).slice(0, 2).join('/');

/**
 * @param {string} file path from the project's folder
 * @param {string} text
 * @returns {string[]} what is wrong with its imports
 */
export function faultsOfScript(file, text) {
  const room = roomOf(file);
  if (!(room in SCRIPTS_BELOW)) return [`${file}: ${room} is no room; say in this test what it may import`];
  return importsOf(text)
    .map((name) => resolve(file, name))
    .filter((target) => {
      if (target.startsWith('node:')) return room !== 'wasm/cli';
      if (!target.includes('/') || !/^(wasm|web|tests|scripts|src)\//.test(target)) return false; // a package
      if (room === 'web/page' && WORKERS.includes(target)) return false;
      return roomOf(target) !== room && !SCRIPTS_BELOW[room].includes(roomOf(target));
    })
    .map((target) => `${file} imports ${target}`);
}

/** @param {string} text C without comments and strings */
const codeOf = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/"(?:\\.|[^"\\\n])*"/g, '""');

/** @param {string} text @returns {string[]} the functions that a C file defines for others */
export function definedIn(text) {
  const form = /^(?!static|HOT|typedef|#)[A-Za-z_][^;{}()=\n]*?\b([a-z_0-9]+)\([^;{}]*\)\s*\{/gm;
  return [...codeOf(text).matchAll(form)].map(([, name]) => name);
}

/**
 * What each C file needs: the headers that it includes, and the sources whose functions it names.
 * @param {Record<string, string>} sources path from the project's folder -> text
 * @returns {Map<string, string[]>}
 */
export function needsOfC(sources) {
  const names = Object.keys(sources);
  const inC = names.filter((file) => file.endsWith('.c'));
  const home = new Map(inC.flatMap((file) => definedIn(sources[file]).map((name) => [name, file])));
  return new Map(
    names.map((file) => {
      const called = file.endsWith('.c') ? (codeOf(sources[file]).match(/\b[a-z_0-9]+\b/g) ?? []) : [];
      const used = called.flatMap((name) => home.get(name) ?? []).filter((other) => other !== file);
      const headers = includesOf(sources[file]).map((name) => `src/${name}`);
      return [file, [...new Set([...headers, ...used])].filter((other) => other in sources)];
    }),
  );
}

/** @param {Map<string, string[]>} needs file -> files @returns {string[][]} every group whose files need each other */
export function circlesOf(needs) {
  /** @param {string} start */
  const reachedFrom = (start) => {
    const reached = new Set(needs.get(start));
    for (const file of reached) (needs.get(file) ?? []).forEach((next) => reached.add(next));
    return reached;
  };
  const reach = new Map([...needs.keys()].map((file) => [file, reachedFrom(file)]));
  const groups = [...reach].filter(([file, reached]) => reached.has(file));
  const together = groups.map(([file, reached]) => [...reached].filter((other) => reach.get(other)?.has(file)).sort());
  return [...new Map(together.map((group) => [group.join(), group])).values()];
}

const C_FILES = files('src', /\.[ch]$/);
const SCRIPTS = [...files('wasm', /\.js$/), ...files('web', /\.js$/)];

test('the sources are found', () => {
  assert.ok(C_FILES.length > 30, `${C_FILES.length} C files`);
  assert.ok(SCRIPTS.length > 20, `${SCRIPTS.length} scripts`);
  for (const worker of WORKERS) assert.ok(SCRIPTS.includes(worker));
});

test('in the core the arrows go down only', () => {
  assert.deepEqual(
    C_FILES.flatMap((file) => faultsOfC(file, read(file))),
    [],
  );
});

test('the public header stands alone', () => {
  assert.deepEqual(files('include', /./), [`include/${PUBLIC}`]);
  assert.deepEqual(includesOf(read(`include/${PUBLIC}`)), []);
});

test('every source is in the build, and the build names no other', () => {
  const listed = [...read('src/CMakeLists.txt').matchAll(/^\s*([a-z_/0-9]+\.c)\s*$/gm)].map(
    ([, name]) => `src/${name}`,
  );
  assert.deepEqual(
    listed.sort(),
    C_FILES.filter((file) => file.endsWith('.c')),
  );
});

test('scripts import from the rooms below only; the page speaks to the engine through its worker', () => {
  assert.deepEqual(
    SCRIPTS.flatMap((file) => faultsOfScript(file, read(file))),
    [],
  );
});

test('no files need each other in a circle: by headers and calls in the core, by imports in the scripts', () => {
  assert.deepEqual(circlesOf(needsOfC(Object.fromEntries(C_FILES.map((file) => [file, read(file)])))), []);
  const imports = SCRIPTS.map((file) => /** @type {[string, string[]]} */ ([file, neighboursOf(file, read(file))]));
  assert.deepEqual(circlesOf(new Map(imports)), []);
});

test('files stay short enough to read', () => {
  const all = [...C_FILES, ...files('include', /\.h$/), ...files('tests', /\.([ch]|js)$/), ...SCRIPTS];
  const long = [...all, ...files('scripts', /\.js$/)].flatMap((file) => {
    const most = MOST_LINES[file.endsWith(PUBLIC) ? 'public' : file.endsWith('.js') ? 'js' : 'c'];
    const lines = read(file).split('\n').length - 1;
    return lines > most ? [`${file}: ${lines} lines, at most ${most}`] : [];
  });
  assert.deepEqual(long, []);
});

test('this test would notice', () => {
  assert.equal(faultsOfC('src/base/x.c', '#include "kernels/gemm.h"\n').length, 1);
  assert.equal(faultsOfC('src/kernels/x.c', '# include "nn/linear.h"\n').length, 1);
  assert.equal(faultsOfC('src/nn/x.c', '  #include "data/image.h"\n').length, 1);
  assert.equal(faultsOfC('src/data/x.h', '#include "nn/params.h"\n').length, 1);
  assert.equal(faultsOfC('src/nn/x.c', '#include "model/config.h"\n').length, 1);
  assert.equal(faultsOfC('src/eval/x.c', '#include "data/dataset.h"\n').length, 1);
  assert.equal(faultsOfC('src/eval/x.c', '#include "nn/params.h"\n').length, 1);
  assert.deepEqual(faultsOfC('src/eval/x.c', '#include "kernels/gemm.h"\n#include "base/rng.h"\n'), []);
  assert.equal(faultsOfC('src/model/x.c', '#include "config.h"\n').length, 1);
  assert.equal(faultsOfC('src/model/x.c', '#include "../model/config.h"\n').length, 1);
  assert.equal(faultsOfC('src/other/x.c', '').length, 1);
  assert.equal(faultsOfC('src/model/x.c', '#include "train/step.h"\n').length, 1);
  assert.equal(faultsOfC('src/model/x.c', '#include "file/json.h"\n').length, 1);
  assert.deepEqual(faultsOfC('src/tools/x.c', '#include "ssdgan.h"\n#include "eval/fid.h"\n#include <stb/a.h>\n'), []);

  const circle = { 'src/a/x.h': '', 'src/a/x.c': '#include "a/y.h"\nint x(int a) {\n y(a); }', 'src/a/y.h': '' };
  const back = { 'src/a/y.c': '#include "a/x.h"\nstatic int z(void) {}\nint y(\n int b) { return x(b); }\n' };
  assert.deepEqual(circlesOf(needsOfC({ ...circle, ...back })), [['src/a/x.c', 'src/a/y.c']]);
  const noCall = { 'src/a/y.c': '#include "a/x.h"\nint y(int b) { return 1; /* x */ }\nconst char *s = "x";' };
  assert.deepEqual(circlesOf(needsOfC({ ...circle, ...noCall })), []);
  const headers = { 'src/a/x.h': '#include "b/y.h"\n', 'src/b/y.h': '#include "a/x.h"\n' };
  assert.deepEqual(circlesOf(needsOfC(headers)), [['src/a/x.h', 'src/b/y.h']]);
  assert.deepEqual(
    definedIn('HOT static int a(int b) {}\nstatic int c(void) {}\nint d(void);\nint e(int f) { g(); }'),
    ['e'],
  );
  const imports = {
    'wasm/run/a.js': ['./b.js'],
    'wasm/run/b.js': ['../run/c.js', 'uplot'],
    'wasm/run/c.js': ['./a.js'],
  };
  const text = (/** @type {string[]} */ names) => names.map((name) => `import { x } from '${name}';\n`).join('');
  const neighbours = Object.entries(imports).map(([file, names]) => [file, neighboursOf(file, text(names))]);
  assert.deepEqual(circlesOf(new Map(/** @type {any} */ (neighbours))), [Object.keys(imports)]);
  assert.deepEqual(neighboursOf('web/page/client.js', "new URL('../worker/worker.js', import.meta.url)"), []);
  assert.deepEqual(neighboursOf('web/page/client.js', "import url from '../worker/worker.js?worker&url';"), []);

  assert.equal(
    faultsOfScript('web/page/app.js', "import {\n  a,\n  b,\n} from '../../wasm/engine/engine.js';\n").length,
    1,
  );
  assert.equal(faultsOfScript('web/page/app.js', "const a = await import('../../wasm/engine/zip.js');").length, 1);
  assert.equal(faultsOfScript('web/page/app.js', "import '../../wasm/engine/engine.js';").length, 1);
  assert.equal(faultsOfScript('web/page/app.js', "export * from '../../wasm/engine/engine.js';").length, 1);
  assert.equal(faultsOfScript('web/page/app.js', "import { x } from '../worker/intake.js';").length, 1);
  assert.equal(faultsOfScript('web/protocol.js', "import { x } from './worker/intake.js';").length, 1);
  assert.equal(faultsOfScript('web/worker/worker.js', "import { x } from '../../wasm/cli/files.js';").length, 1);
  assert.equal(faultsOfScript('web/worker/worker.js', "import { x } from '../page/client.js';").length, 1);
  assert.equal(faultsOfScript('wasm/cli/x.js', "import { x } from '../../web/page/client.js';").length, 1);
  assert.equal(faultsOfScript('wasm/engine/x.js', "import fs from 'node:fs';").length, 1);
  assert.equal(faultsOfScript('wasm/engine/x.js', "import { x } from '../run/doctor.js';").length, 1);
  assert.equal(faultsOfScript('wasm/engine/x.js', "import { x } from '../../tests/x.js';").length, 1);
  assert.equal(
    faultsOfScript('wasm/run/x.js', "new Worker(new URL('../../web/worker/worker.js', import.meta.url));").length,
    1,
  );
  assert.equal(faultsOfScript('wasm/x.js', '').length, 1);
  assert.deepEqual(faultsOfScript('web/page/client.js', "new URL('../worker/worker.js', import.meta.url)"), []);
  assert.deepEqual(faultsOfScript('web/worker/worker.js', "import { x } from '../../wasm/engine/engine.js';"), []);
  assert.deepEqual(
    faultsOfScript('web/page/app.js', "/** @param {import('../../wasm/engine/engine.js').Engine} e */"),
    [],
  );
  assert.deepEqual(faultsOfScript('web/page/app.js', "// import { x } from '../../wasm/engine/engine.js';"), []);
  assert.deepEqual(faultsOfScript('web/page/app.js', "import uPlot from 'uplot';"), []);
  assert.deepEqual(faultsOfScript('wasm/cli/x.js', "import fs from 'node:fs';"), []);
});
