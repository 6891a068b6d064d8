/** The scripts: what `npm test` runs, that its tests are indexed, and what the check before a commit refuses. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { STAGES, stagesOf } from '../../scripts/stages.js';

test('an argument of npm test names a stage, a native test or a file of tests', () => {
  for (const stage of STAGES) assert.deepEqual(stagesOf(stage.name), [stage]);
  assert.match(stagesOf('native:conv')[0].command, /--preset asan -R "\^conv\$"$/);
  assert.match(stagesOf('tsan:conv')[0].command, /--preset tsan -R "\^conv\$"$/);
  assert.match(stagesOf('fuzz:png')[0].command, /fuzz\.js --total 30 png$/);
  assert.match(stagesOf('tests/node/layers.test.js')[0].command, / node --test .* tests\/node\/layers\.test\.js$/);
  assert.match(
    stagesOf('tests/browser/flow.test.js')[0].command,
    /--test-force-exit .* tests\/browser\/flow\.test\.js$/,
  );
  assert.deepEqual(
    stagesOf('quick').map(({ name }) => name),
    ['native', 'format', 'lint', 'types', 'node'],
  );
  for (const wrong of [
    'nodes',
    'native:nothing',
    'native:',
    'fuzz:nothing',
    'tests/node/nothing.test.js',
    'tests/node/x.test.js; ls',
  ]) {
    assert.throws(() => stagesOf(wrong), /There is no/, wrong);
  }
});

test('every test stands in the index of CONTRIBUTING.md', () => {
  const index = fs.readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('### Which test protects what')[1];
  const rows = index
    .split('\n## ')[0]
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .join(', ');
  const named = [...rows.matchAll(/(native|node|browser)((?: `[a-z_-]+`)+)/g)].flatMap(([, folder, names]) =>
    [...names.matchAll(/[a-z_-]+/g)].map(([name]) => `${folder} ${name}`),
  );
  const there = ['native', 'node', 'browser'].flatMap((folder) =>
    fs.readdirSync(path.join(ROOT, 'tests', folder)).flatMap((file) => {
      const name = /^test_(.*)\.c$|^(.*)\.test\.js$/.exec(file);
      return name ? [`${folder} ${name[1] ?? name[2]}`] : [];
    }),
  );
  assert.ok(there.length > 30);
  assert.deepEqual([...new Set(named)].sort(), there.sort());
});

test('the check before a commit refuses a staged file that is not formatted', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-commit-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const env = { ...process.env, GIT_DIR: path.join(folder, '.git'), GIT_WORK_TREE: folder };
  const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { cwd: folder, env });
  const check = () => spawnSync(path.join(ROOT, 'scripts/pre-commit'), { cwd: folder, env, encoding: 'utf8' });
  git('init', '--quiet');
  fs.copyFileSync(path.join(ROOT, '.clang-format'), path.join(folder, '.clang-format'));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  fs.writeFileSync(path.join(folder, 'a.c'), 'int  f(void);\n');
  assert.equal(check().status, 0, 'nothing is staged');
  git('add', 'a.c');
  const { status, stderr } = check();
  assert.equal(status, 1);
  assert.match(stderr, /a\.c:1:.*\n[^]*pre-commit: the C format is off/);
  fs.writeFileSync(path.join(folder, 'a.c'), 'int f(void);\n');
  assert.equal(check().status, 0, check().stderr);
});
