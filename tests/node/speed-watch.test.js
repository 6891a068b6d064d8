/** The page's watch over the speed of a training, on made-up times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpeedWatch } from '../../web/page/speed-watch.js';

/** Adds a rate each second. @param {SpeedWatch} watch @param {number} from in seconds @param {number} seconds @param {number} rate */
function run(watch, from, seconds, rate) {
  for (let i = 0; i < seconds; i++) watch.add(1000 * (from + i), rate + (i % 2 ? 1 : -1));
  return watch.slow;
}

test('a drop is told when it lasts, and taken back when it is over', () => {
  const watch = new SpeedWatch();
  assert.equal(run(watch, 0, 100, 30), 0, 'steady');
  assert.equal(run(watch, 100, 20, 10), 0, 'for a moment');
  assert.equal(run(watch, 120, 100, 30), 0);
  assert.ok(Math.abs(run(watch, 220, 100, 10) - 10) < 0.5, 'for long');
  assert.ok(Math.abs(watch.usual - 30) < 0.5);
  assert.ok(run(watch, 320, 70, 19) > 0, 'a little better');
  assert.equal(run(watch, 390, 70, 28), 0, 'as before');
});

test('a slow start, a pause and a computer that slept are no drop', () => {
  const watch = new SpeedWatch();
  assert.equal(run(watch, 0, 70, 5), 0);
  assert.equal(run(watch, 70, 70, 30), 0);
  watch.pause();
  assert.equal(run(watch, 10000, 25, 2), 0);
  assert.equal(run(watch, 20000, 25, 2), 0, 'windows that were cut off do not add up');
});
