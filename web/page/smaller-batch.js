/** What a device with little memory can do: train with a smaller batch. */
import { button } from './draw.js';
import { t, tell } from './words.js';

/** Below this, halves save little. */
const LEAST = 4;

/**
 * A training could not be set up: where a smaller batch would help, offers one, by a button.
 * @param {import('./app.js').App} app
 * @param {any} error
 * @param {() => void} train presses Train
 * @returns {Error} what to say
 */
export function offerSmallerBatch({ settings }, error, train) {
  const batch = Number(settings.value('batch'));
  if (error.code !== 'out_of_memory' || batch < 2 * LEAST) return error;
  const smaller = Math.floor(batch / 2);
  const offer = button('smaller-batch');
  tell(offer, () => t('train.with-batch', { n: smaller }));
  offer.hidden = false;
  offer.onclick = () => {
    const control = settings.control('batch');
    control.value = String(smaller);
    settings.take(control);
    train();
  };
  return new Error(t('train.no-memory', { n: batch }));
}
