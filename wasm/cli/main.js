#!/usr/bin/env node
/** The command line: `ssdgan COMMAND`. */
import { inspect } from 'node:util';
import { guardConsole } from './escape.js';
import { watchOutput } from './interruption.js';
import { explain } from './usage.js';

/** Command -> what it takes, what it does. One file each. @type {Record<string, [string, string]>} */
const COMMANDS = {
  train: ['[PICTURES...]', 'train on files, folders or zips; without any, on doodles (drawn animal faces)'],
  generate: ['MODEL', 'make samples: new pictures'],
  interpolate: ['MODEL', 'go from one sample to another in small steps, or through several'],
  directions: ['MODEL', 'find the directions that change the samples most'],
  project: ['MODEL PICS', 'find the sample that is nearest to a picture'],
  evaluate: ['MODEL PICS', 'score samples against real pictures'],
  experiment: ['FILE.json', 'make several trainings, score them, and write a table'],
  export: ['MODEL FILE', 'write the generator alone, in float16 if wanted'],
  info: ['MODEL', 'show what a file holds'],
  doodles: ['', 'write doodles to a folder'],
  bench: ['', "measure speed against the processor's peak"],
  verify: ['FILE', 'replay training steps that PyTorch computed, and compare'],
};

const HELP = `Usage: ssdgan COMMAND [options]

Trains a GAN (a pair of networks that learn to make new pictures like yours) on your own pictures. It runs on the
processor; nothing is uploaded.

Commands:
${Object.entries(COMMANDS)
  .map(([name, [takes, does]]) => `  ${`${name} ${takes}`.padEnd(21)} ${does}`)
  .join('\n')}

MODEL is a file, the folder of a run, or starter: the model that comes with the page.
Every command has --help. ssdgan --version prints the version.`;

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
  if (!Object.hasOwn(COMMANDS, command)) {
    console.error(`There is no command "${command}". See: ssdgan --help`);
    return 2;
  }
  const { run } = await import(`./${command}.js`);
  return run(args);
}

guardConsole();
watchOutput();

main()
  .catch((error) => {
    const { message, status } = explain(error);
    console.error(`ssdgan: ${message}`);
    if (process.env.SSDGAN_DEBUG) console.error(inspect(error));
    return status;
  })
  // The thread pool's workers would keep Node alive.
  .then((status) => process.exit(status));
