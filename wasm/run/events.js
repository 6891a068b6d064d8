/**
 * What a training run tells (training-run.js).
 *
 * Events are plain objects. Those marked with * are lines of log.jsonl too; the others depend on the clock, or on a pause,
 * and a run that was killed or paused has the log of one that never was.
 *   step *        {step, epoch, loss_g, ...}                     a step was made
 *   trouble *     {kind, step, action, to, sentence}             the doctor found something; to: the step gone back to
 *   validated *   {step, epoch, val_loss_g, ...}                 at the end of an epoch
 *   scored *      {step, epoch, kernel, swd, copies, diversity}  some of those times, where the best is chosen by a score
 *   best *        {step, score}                                  the model is the best so far: best.safetensors at the next save
 *   samples *     {step}                                         a sample grid is due; the listener makes it
 *   checkpoint    {step}                                         checkpoint and models were written
 *   not_saved     {what, error}                                  the store failed; it is tried again
 *   threads       {threads}                                      so many are used from now on (thread-choice.js)
 *   planned       {minutes, epochs, total}                       the minutes asked for have become epochs; total: steps in all
 *   finished (*)  {reason, step, saved}                          the last one. reason: done, stopped (by stop(); not in the
 *                                                                log), trouble (the doctor stopped it) or failed
 *                                                                (run.error); saved: the step of the stored checkpoint, or null
 */

/** @typedef {{event: string, [field: string]: any}} RunEvent */

/** The event that storing failed. @param {string} what @param {unknown} error @returns {RunEvent} */
export const notSaved = (what, error) => ({ event: 'not_saved', what, error });

/** A step's event, with the numbers that the log keeps. @param {import('../engine/trainer.js').Stats} stats */
export function stepEvent({ step, epoch, loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d }) {
  return { event: 'step', step, epoch, loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d };
}
