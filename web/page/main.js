/** The page: puts the panels together, starts the engine, and restarts the worker after a crash. */
import { fetchLater } from '../later.js';
import { App } from './app.js';
import { Client } from './client.js';
import { byId, canvas, drawGrid, sentence } from './draw.js';
import { IntakePanel } from './intake-panel.js';
import { EvaluatePanel } from './evaluate-panel.js';
import { MakePanel } from './make-panel.js';
import { InterpolatePanel } from './interpolate-panel.js';
import { startOffline } from './offline.js';
import { Starter } from './starter.js';
import { TrainPanel } from './train-panel.js';

/** Reading pictures waits this many milliseconds for the starter model's faces, which a visitor should see first. */
const FACES_FIRST_MS = 500;

if (location.protocol !== 'file:') byId('no-start').remove();
byId('intake-state').textContent = 'Starting the engine …';
const keepOffline = startOffline();
const app = new App();

/** A face of a grid, as Make faces would make it. @param {number} seed */
const seedKey = (seed) => ({ face: { seed, psis: make.psis }, label: `seed ${seed}` });

// Before the panels: it decides what they make faces with.
const starter = new Starter(app, (seed) => interpolate.pick(seedKey(seed)));
const make = new MakePanel(
  app,
  (key, picture) => interpolate.pick(key, picture),
  (metadata) => train.prepare(metadata),
);
const interpolate = new InterpolatePanel(app, (face, label) => make.picked(face, label));
const intake = new IntakePanel(app, (file) => make.open(file));
const train = new TrainPanel(app, intake, (seed) => {
  app.source = 'run';
  interpolate.pick(seedKey(seed));
});

new EvaluatePanel(app);

/** Starts a new worker after a crash. The pictures are read again; the training continues from the last checkpoint. */
async function restart() {
  app.client = new Client();
  starter.forget();
  listenForDeath();
  train.listen();
  app.client.on('intake', ({ done, total }) => intake.showProgress(done, total));
  app.enter('starting');
  await app.attempt('train-state', async () => {
    await app.start();
    app.phase = 'ready';
    await intake.readAgain();
    if (!app.checkpoint) {
      if (app.unsaved) train.say('The training had not been kept yet. Press Train to begin it again.', true);
      train.forget();
      await starter.begin();
      app.enter('ready');
      return;
    }
    const { checkpoint, best } = app;
    const request = { bytes: checkpoint.bytes, best, acceptOther: true };
    const { stats } = await app.client.request('train.load', request);
    train.view.goBack(stats.step);
    train.view.showStats(stats, 0);
    app.enter('paused');
    starter.begin();
    train.say(`Restarted at step ${stats.step}. Press Continue to train on.`);
  });
}

function listenForDeath() {
  app.client.on('dead', ({ message }) => {
    app.enter('stopped');
    const saved = app.checkpoint ? ` The training up to step ${app.checkpoint.step} is safe.` : '';
    app.notice(`The engine has stopped (${message}).${saved}`, { label: 'Restart', act: restart });
  });
}

async function start() {
  listenForDeath();
  const { describe, recipes, variant } = await app.start();
  app.settings.offer(describe, recipes);
  app.enter('ready');
  await Promise.race([starter.begin(), new Promise((resolve) => setTimeout(resolve, FACES_FIRST_MS))]);
  await intake.take({ kind: 'doodles', count: 1000 });
  const { size, rgba } = await app.client.request('pictures.thumbnails', { first: 6, count: 1 });
  drawGrid(canvas('mascot'), rgba, size, 1, 0);
  await Promise.all([fetchLater(), app.client.request('fetch.later')]);
  keepOffline(variant, app.starter !== null);
}

addEventListener('beforeunload', (event) => {
  if (app.unsaved && app.busy) event.preventDefault();
});

start().catch((error) => {
  app.notice(sentence(error));
  byId('intake-state').textContent = '';
});

// Tests reach the worker through this.
Object.assign(globalThis, { ssdganApp: app, ssdganStarter: starter, ssdganRun: train.view });
