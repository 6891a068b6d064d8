/** The sample sheets of an experiment: one of each model, and those of all seeds of a run side by side. */
import fs from 'node:fs';
import path from 'node:path';
import { decode } from 'fast-png';
import { encodePng } from '../engine/png.js';
import { writeWhole } from './files.js';

/** @typedef {import('./experiment-runs.js').Job} Job */

const GAP = 16; // white pixels between two seeds

/** @param {string} folder @param {Job} job @param {number | null} minutes @returns {string} */
export function sheetOf(folder, { run, folder: own }, minutes) {
  const ending = `${run.score === 'best' ? '-best' : ''}${minutes === null ? '' : `-at-${minutes}`}`;
  return path.join(folder, `${path.basename(own)}${ending}.png`);
}

/** Joins the sheets of one run's seeds, as far as they are there. @param {string} folder @param {Job[]} jobs of one run @param {number | null} minutes */
export function joinSheets(folder, jobs, minutes) {
  const files = jobs.map((job) => sheetOf(folder, job, minutes)).filter((file) => fs.existsSync(file));
  if (files.length < 2) return;
  const sheets = files.map((file) => decode(fs.readFileSync(file)));
  const width = sheets.reduce((sum, sheet) => sum + sheet.width + GAP, -GAP);
  const height = Math.max(...sheets.map((sheet) => sheet.height));
  const data = new Uint8Array(width * height * 4).fill(255);
  let left = 0;
  for (const sheet of sheets) {
    for (let y = 0; y < sheet.height; y++)
      for (let x = 0; x < sheet.width; x++)
        for (let c = 0; c < 3; c++)
          data[(y * width + left + x) * 4 + c] = sheet.data[(y * sheet.width + x) * sheet.channels + c];
    left += sheet.width + GAP;
  }
  writeWhole(files[0].replace(/-seed-\d+/, '-seeds'), encodePng({ width, height, data }));
}
