/** The scripts: what `npm test` runs for an argument. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STAGES, stagesOf } from '../../scripts/stages.js';

test('an argument of npm test names a stage, a native test or a file of tests', () => {
  for (const stage of STAGES) assert.deepEqual(stagesOf(stage.name), [stage]);
  assert.match(stagesOf('native:conv')[0].command, /--preset asan -R "\^conv\$"$/);
  assert.match(stagesOf('tsan:conv')[0].command, /--preset tsan -R "\^conv\$"$/);
  assert.match(stagesOf('tests/node/layers.test.js')[0].command, /^node --test .* tests\/node\/layers\.test\.js$/);
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
    'tests/node/nothing.test.js',
    'tests/node/x.test.js; ls',
  ]) {
    assert.throws(() => stagesOf(wrong), /There is no/, wrong);
  }
});
