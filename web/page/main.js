/** The page: puts the panels together, starts the engine, and restarts the worker after a crash. */
import { fetchLater, later } from '../later.js';
import { App } from './app.js';
import { Client } from './client.js';
import { byId, canvas, drawPicture, element, sentence } from './draw.js';
import { IntakePanel } from './intake-panel.js';
import { startOffline } from './offline.js';
import { ProjectsPanel } from './projects-panel.js';
import { Starter } from './starter.js';
import { TrainPanel } from './train-panel.js';
import { beginWords, changeLanguage, lang, LANGUAGES, onWords, t, takeLaterWords, tell, translated } from './words.js';

/** Reading pictures waits this many milliseconds for the starter model's faces, which a visitor should see first. */
const FACES_FIRST_MS = 500;

if (location.protocol !== 'file:') {
  byId('no-start').remove();
  document.documentElement.classList.remove('no-start', 'not-loaded'); // WebKit may say that it has loaded before this runs
}
const app = new App(); // its worker is fetched at once
await beginWords();
const keepOffline = startOffline(app);
tell(byId('intake-state'), () => t('engine.starting'));

/** Panels 3 and 4: nobody plays with faces before there are some. */
const loadPlay = later(async () =>
  (await import('./play/play.js')).openPlay(app, (metadata) => train.prepare(metadata)),
);
/** @param {number} seed of a face that was clicked in a grid */
const pick = (seed) => app.attempt('train-state', async () => (await loadPlay()).pickSeed(seed));

// Before the panels: it decides what they make faces with.
const starter = new Starter(app, pick);
const intake = new IntakePanel(
  app,
  (file) => app.attempt('intake-state', async () => (await loadPlay()).make.open(file)),
  (file) => projects.import(file),
);
const loadFaces = later(() => import('./faces-panel.js').then(({ openFaces }) => openFaces(app, intake)));
const loadPictures = later(() => import('./pictures-panel.js').then(({ openPictures }) => openPictures(app, intake)));
intake.onShow = () => loadPictures().then((pictures) => pictures.show()).catch(() => {}); // prettier-ignore
const loadCamera = later(() => import('./camera.js').then(({ openCamera }) => openCamera(intake)));
byId('use-camera').onclick = () => app.attempt('intake-state', async () => (await loadCamera()).open());
// Where it cannot be loaded, the pictures are as they are.
intake.onPictures = () => {
  if (app.count && !intake.doodles) loadFaces().then((faces) => faces.changed()).catch(() => {}); // prettier-ignore
};
const train = new TrainPanel(app, intake, {
  pick(seed) {
    app.use('run');
    pick(seed);
  },
  async onModel(bytes, step) {
    await (await loadPlay()).make.use(bytes);
    tell(byId('make-state'), () => t('film.used', { step }));
  },
});

const explain = later(() => import('./explain-panel.js').then(({ openExplain }) => openExplain(app)));
byId('explain-button').onclick = () =>
  app.attempt('train-state', async () => {
    const panel = await explain();
    if (app.phase === 'training') await train.press();
    panel.show(true);
  });
app.watch((phase) => {
  byId('explain-button').hidden = phase !== 'training' && phase !== 'paused';
  if (!app.busy) byId('explain').hidden = true;
});

later(async () => (train.expected = await (await import('./expected.js')).openExpected(app, train.howLong)));

// Nobody compares at first.
later(async () => {
  const { EvaluatePanel } = await import('./evaluate-panel.js');
  await takeLaterWords();
  return new EvaluatePanel(app);
});

const projects = new ProjectsPanel(app, openProject, beginAnew);
train.projects = projects;
intake.onProject = () => projects.refresh();

/** @param {string} id @param {boolean} andTrain press Continue too */
async function openProject(id, andTrain) {
  intake.given = true; // the doodles of the first visit would take its place
  app.project = null;
  const reply = await app.client.request('project.open', { project: id });
  app.project = id;
  await train.showProject(reply);
  const play = await loadPlay().catch(() => null); // the project opens all the same
  await play?.restore(reply);
  if (andTrain && app.phase === 'paused') await train.press();
}

/** Doodles, as at the first visit. */
async function beginAnew() {
  app.isReadOnly = false;
  train.forget();
  loadPlay().then((play) => play.clear()).catch(() => {}); // prettier-ignore
  app.enter('ready');
  await intake.begin();
  await intake.takeDoodles();
  train.say(() => '');
}

/** Starts a new worker after a crash, and opens the project again: everything is in it. */
async function restart() {
  const { project } = app;
  app.client = new Client();
  starter.forget();
  listen();
  app.enter('starting');
  await app.attempt('train-state', async () => {
    app.started = app.start();
    await app.started;
    app.enter('ready');
    starter.begin();
    if (project && app.keeps) {
      await openProject(project, false);
      if (/** @type {string} */ (app.phase) === 'paused')
        train.say(() => t('train.restarted', { step: app.savedStep }));
      else train.say(() => t('train.not-saved-yet'), true);
    } else {
      await beginAnew();
    }
    await projects.refresh();
  });
}

/** To the present client. */
function listen() {
  listenForDeath();
  train.listen();
  app.client.on('intake', ({ done, total }) => intake.showProgress(done, total));
}

function listenForDeath() {
  app.client.on('dead', ({ message }) => {
    app.enter('stopped');
    const step = app.keeps ? app.savedStep : 0;
    const text = () =>
      [t('engine.stopped', { why: translated(message) }), ...(step ? [t('engine.safe', { step })] : [])].join(' ');
    app.notice(text, { label: () => t('engine.restart'), act: restart });
  });
}

async function start() {
  listenForDeath();
  let variant = '';
  app.started = app.start().then(async ({ describe, recipes, variant: build }) => {
    variant = build;
    app.settings.offer(describe, recipes);
    await intake.begin();
  });
  await app.started;
  app.enter('ready');
  await projects.refresh();
  await Promise.race([starter.begin(), new Promise((resolve) => setTimeout(resolve, FACES_FIRST_MS))]);
  if (!intake.given) await intake.takeDoodles();
  const mascot = await app.client.request('picture.thumbnails', { indices: [6] }).catch(() => null);
  if (mascot?.rgba.length) drawPicture(mascot, 0, canvas('mascot'));
  await loadPlay().catch(() => {}); // who needs it tries again
  await Promise.all([fetchLater(), app.client.request('fetch.later')]);
  app.isFetched = true;
  keepOffline(variant, app.starter !== null);
}

// A page that is hidden may never be shown again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && app.phase === 'training') app.client.request('train.save').catch(() => {});
});

addEventListener('beforeunload', (event) => {
  if (!app.busy || (!app.unsaved && app.phase !== 'training')) return;
  event.preventDefault();
  app.client.request('train.save').catch(() => {}); // while the question is read
});

const choice = element('language', HTMLSelectElement);
choice.replaceChildren(...Object.entries(LANGUAGES).map(([code, name]) => new Option(name, code)));
choice.value = lang();
choice.onchange = () => app.attempt('language-state', () => changeLanguage(choice.value));
onWords(() => app.enter(app.phase));

start().catch((error) => {
  if (error?.code === 'dead') return; // the notice at the top of the page says it
  app.notice(() => sentence(error));
  tell(byId('intake-state'), () => '');
});

// Tests reach the worker through this.
Object.assign(globalThis, { ssdganApp: app, ssdganStarter: starter, ssdganRun: train.view });
