/** `ssdgan bench`: speed of training and generation against the processor's peak, in Node. */
import { measure } from '../engine/bench.js';
import { createEngine } from '../engine/engine.js';
import { CliError, flag, helpText, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  json: flag('print one JSON object a line'),
  threads: whole('measure this number only (default: 1 and 2)', { min: 1, max: 64 }),
  variant: text('NAME', 'measure simd or relaxed only (default: both)', ['simd', 'relaxed']),
  quick: flag('fewer repetitions'),
  help: flag('show this text'),
};

const ABOUT = `Measures a training step (batch 32) and generation (1 and 64 pictures), each checked before it is timed, as
medians. GFLOP/s are by the direct count (docs/method.md, section 5); the peak is threads x the relaxed peak of this run.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'bench');
  if (values.help) {
    console.log(helpText('bench [--json] [options]', ABOUT, OPTIONS));
    return 0;
  }
  if (positionals.length) throw new CliError(`bench takes no names, but got ${positionals[0]}.`);
  await measure(createEngine, {
    runtime: 'node',
    variants: values.variant ? [values.variant] : ['simd', 'relaxed'],
    threads: values.threads ? [values.threads] : [1, 2],
    quick: Boolean(values.quick),
    report: (row) => console.log(values.json ? JSON.stringify(row) : line(row)),
  });
  return 0;
}

/** @param {import('../engine/bench.js').Row} row @returns {string} */
export function line({ task, runtime, variant, threads, batch, median_ms, gflops, of_peak }) {
  const what = `${task.padEnd(10)} ${runtime.padEnd(8)} ${variant.padEnd(7)} ${threads} thread${threads > 1 ? 's' : ' '}`;
  const share = `${(100 * of_peak).toFixed(1)} % of peak`;
  return `${what}  batch ${String(batch).padStart(2)}  ${median_ms.toFixed(1).padStart(8)} ms  ${gflops.toFixed(1).padStart(6)} GFLOP/s  ${share}`;
}
