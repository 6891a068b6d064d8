// Trains on a folder of pictures:   node train.mjs PICTURES RUN MINUTES
// Ctrl-C ends it after the present step. `npx ssdgan train --resume RUN` continues it, and so does the page with its zip.
import { addPictures, createEngine, FolderStore, storeSamples, TrainingRun, writePictures } from 'ssdgan/node';

const [pictures, folder = 'run', minutes = '15'] = process.argv.slice(2);
if (!pictures) throw new Error('Name a folder or a zip of pictures: node train.mjs PICTURES [RUN] [MINUTES]');

const engine = await createEngine();
const store = new FolderStore(folder);
const run = TrainingRun.create(engine, store, {
  recipe: 'best',
  settings: JSON.parse(process.env.SETTINGS ?? '{}'), // of docs/settings.md, as {"image_size": 32}
  wishes: { minutes: Number(minutes) },
});

const { image_size: size, crop, filter } = run.trainer.config();
const dataset = engine.createDataset({ size, crop, filter });
const { names, refused } = await addPictures(dataset, [pictures]);
for (const { name, reason } of refused) console.log(`left out ${name}: ${reason}`);
console.log(`${dataset.count} pictures of ${size} x ${size} pixels, ${engine.threads} threads`);

await run.begin(dataset);
await writePictures(store, dataset, { crop, filter, names });
process.once('SIGINT', () => run.stop());

for await (const { event, ...about } of run.events()) {
  if (event === 'samples') await storeSamples(run, about.step); // samples/step-000000.png, ...
  if (event === 'planned') console.log(`${about.minutes} minutes are ${about.epochs} epochs, ${about.total} steps`);
  if (event === 'validated') console.log(`epoch ${about.epoch}, step ${about.step}`);
  if (event === 'trouble') console.log(about.sentence);
  if (event === 'finished') console.log(`${about.reason} at step ${about.step}: ${folder}/model.safetensors`);
}
run.dispose();
engine.dispose();
