/** The folder that a training run leaves. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder, readFile, writeWhole } from './files.js';
import { gridOf, writePng } from './pictures.js';
import { CliError } from './usage.js';

/** @typedef {{pictures: string[], doodles: number, epochs: number, steps?: number, keepBest?: string, recipe?: string}} Plan */

const SAMPLE_SEEDS = Array.from({ length: 64 }, (_, i) => i);

export class RunFolder {
  /**
   * @param {string} directory @param {Plan} plan @param {string | null} resumedFrom a checkpoint file
   * @param {string[]} commands that made the run so far
   */
  constructor(directory, plan, resumedFrom, commands = []) {
    this.directory = directory;
    this.plan = plan;
    this.resumedFrom = resumedFrom;
    this.commands = commands;
  }

  /** @param {string} directory @param {boolean} force */
  static create(directory, force) {
    if (fs.statSync(directory, { throwIfNoEntry: false })?.isFile())
      throw new CliError(`${directory} is a file, but --out needs a folder.`);
    if (fs.existsSync(path.join(directory, 'checkpoint.safetensors')) && !force) {
      throw new CliError(
        `${directory} already holds a run. Go on with it (--resume ${directory}), name another --out, or start anew with --force.`,
      );
    }
    makeFolder(directory); // before the work, not after it
    return new RunFolder(directory, { pictures: [], doodles: 0, epochs: 0 }, null);
  }

  /** @param {string} name a run's folder, or a checkpoint file @param {string | undefined} out where to go on */
  static open(name, out) {
    const stat = fs.statSync(name, { throwIfNoEntry: false });
    if (!stat) throw new CliError(`There is no run or checkpoint ${name} to resume.`);
    const directory = stat.isDirectory() ? name : path.dirname(name);
    const file = stat.isDirectory() ? path.join(name, 'checkpoint.safetensors') : name;
    if (!fs.existsSync(file)) throw new CliError(`${name} holds no checkpoint.safetensors to resume.`);
    const planFile = path.join(directory, 'run.json');
    /** @type {Plan} */
    let plan = { pictures: [], doodles: 2000, epochs: 20 };
    /** @type {string[]} */
    let commands = [];
    if (fs.existsSync(planFile)) {
      try {
        ({ plan, commands = [] } = JSON.parse(fs.readFileSync(planFile, 'utf8')));
      } catch {
        throw new CliError(`${planFile} is damaged. Name the pictures again, and remove it.`);
      }
    }
    return new RunFolder(out ?? directory, plan, file, commands);
  }

  checkpoint() {
    return readFile(/** @type {string} */ (this.resumedFrom));
  }

  /** @param {string} name */
  file(name) {
    return path.join(this.directory, name);
  }

  /**
   * Makes the folder and notes the plan, and the commands so far.
   * @param {Plan} plan @param {Record<string, number | string>} config @param {number} parameters of both networks
   * @param {string} command
   */
  begin(plan, config, parameters, command) {
    makeFolder(this.file('samples'));
    const commands = [...this.commands, command];
    writeWhole(this.file('run.json'), `${JSON.stringify({ plan, config, parameters, commands }, null, 2)}\n`);
    if (!this.resumedFrom) {
      fs.rmSync(this.file('log.jsonl'), { force: true });
      fs.rmSync(this.file('best.safetensors'), { force: true });
    } else if (fs.existsSync(this.file('log.jsonl'))) {
      this.cutLog();
    }
  }

  /** Steps after the checkpoint will be made again: their lines go. */
  cutLog() {
    const header = this.checkpoint();
    const length = Number(new DataView(header.buffer, header.byteOffset).getBigUint64(0, true));
    const { step } = JSON.parse(new TextDecoder().decode(header.subarray(8, 8 + length))).__metadata__;
    const lines = fs.readFileSync(this.file('log.jsonl'), 'utf8').split('\n');
    const kept = lines.filter((line) => {
      try {
        return JSON.parse(line).step <= Number(step);
      } catch {
        return false;
      }
    });
    writeWhole(this.file('log.jsonl'), kept.map((line) => `${line}\n`).join(''));
  }

  /** @param {Record<string, unknown>} entry */
  log(entry) {
    fs.appendFileSync(this.file('log.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  /** @param {import('../engine/trainer.js').Trainer} trainer @returns {Uint8Array} the checkpoint */
  save(trainer) {
    const checkpoint = trainer.save({ checkpoint: true });
    writeWhole(this.file('checkpoint.safetensors'), checkpoint);
    writeWhole(this.file('model.safetensors'), trainer.save());
    return checkpoint;
  }

  /** @param {import('../engine/trainer.js').Trainer} trainer */
  writeBest(trainer) {
    writeWhole(this.file('best.safetensors'), trainer.save());
  }

  /** @param {import('../engine/engine.js').Engine} engine @param {import('../engine/trainer.js').Trainer} trainer @param {number} step */
  writeSamples(engine, trainer, step) {
    const { generator } = trainer;
    const rgba = generator.generateRgba(SAMPLE_SEEDS);
    writePng(this.file(`samples/step-${String(step).padStart(6, '0')}.png`), gridOf(rgba, generator.imageSize, 8));
  }
}
