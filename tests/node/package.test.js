/** The package: one version, and an archive that holds all that is needed to use it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';

const PACKAGE = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test('the core says the version of package.json', async () => {
  assert.equal((await createEngine({ threads: 1 })).describe.version, PACKAGE.version);
});
