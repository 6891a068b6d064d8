#!/usr/bin/env node
/** The command line: `ssdgan COMMAND`. One file a command. */
import { explain } from './usage.js';

const COMMANDS = [
  'train',
  'generate',
  'interpolate',
  'directions',
  'project',
  'evaluate',
  'experiment',
  'export',
  'info',
  'doodles',
  'bench',
  'verify',
];

const HELP = `Usage: ssdgan COMMAND [options]

Trains a GAN on your own pictures and makes new ones, on the processor, with nothing to install.

Commands:
  train [PICTURES...]   train on files, folders, zips, or (given none) on doodles
  generate MODEL        make pictures
  interpolate MODEL     go from one sample to another in small steps, or through several
  directions MODEL      find what moves the pictures most
  project MODEL PICS    find the model's face nearest to a picture
  evaluate MODEL PICS   score pictures against real ones
  experiment FILE.json  trainings and scores in a row, and a table of them
  export MODEL FILE     write the model alone, as float16 too
  info MODEL            say what a file holds
  doodles               write the built-in sample pictures to a folder
  bench                 measure speed against the processor's peak
  verify FILE           replay stored PyTorch training steps and compare

MODEL is a file, a run's folder, or starter: the model that comes with the page.
Each has --help. Version: --version.`;

async function main() {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    console.log(HELP);
    return command === undefined ? 2 : 0;
  }
  if (command === '--version') {
    const { createEngine } = await import('../engine/engine.js');
    console.log((await createEngine({ threads: 1 })).describe.version);
    return 0;
  }
  if (!COMMANDS.includes(command)) {
    console.error(`There is no command "${command}". See: ssdgan --help`);
    return 2;
  }
  const { run } = await import(`./${command}.js`);
  return run(args);
}

// A reader that goes away early (| head) is no failure.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(0);
});

main()
  .catch((error) => {
    const { message, status } = explain(error);
    console.error(`ssdgan: ${message}`);
    if (process.env.SSDGAN_DEBUG) console.error(error);
    return status;
  })
  // The thread pool's workers would keep Node alive.
  .then((status) => process.exit(status));
