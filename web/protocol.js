/**
 * The protocol between page and worker. Everything heavy is in the worker; the page only draws.
 *
 * Request   {id, type, ...}              page -> worker
 * Reply     {id, ok: true, ...}          exactly one a request
 *           {id, ok: false, error}       error: {code, op, message, detail}; op is the request's type
 * Event     {event, ...}                 worker -> page, without id
 *
 * Requests
 *   hello {base, variant, threads}       starts the engine; base: URL of the folder that holds engine/
 *                                        -> {variant, threads, notes, describe (ssd_describe, include/ssdgan.h),
 *                                        recipes: [{name, about, settings, comparison}]}
 *   pictures.reset {size, crop, filter}  an empty collection -> {count}
 *   pictures.add {files}                 File objects: pictures and zips -> {count, added, refused: [{name, reason}]}
 *   pictures.doodles {seed, count}       -> {count}
 *   pictures.remove {index}              -> {count}
 *   pictures.thumbnails {first, count}   -> {size, rgba}: one after the other
 *   train.create {config, recipe, onTrouble, from}   config changes the recipe's settings; onTrouble: stop, rollback,
 *                                        augment or ignore (default: the recipe's); from: 'scratch', or 'starter', whose
 *                                        networks then decide the sizes -> {stats, config, parameters, plan}: the plan is of
 *                                        wasm/run/plan.js
 *   train.load {bytes, best, acceptOther, onTrouble}   goes on from a checkpoint as its plan says, with the pictures that
 *                                        are there; best: the best model so far, where it is known -> as create;
 *                                        bad_state for other pictures than its own, unless acceptOther
 *   train.run {epochs}                   trains until so many epochs are done in all (default: as planned); replies at
 *                                        once -> {total, stats}: steps in all, and where it stands
 *   train.pause {}                       replies when the running step is done -> {stats, reason}: as event finished
 *   train.credit {}                      the page has drawn the last samples: it may be sent the next -> {}
 *   train.drop {}                        forgets the run -> {}
 *   starter.load {bytes}                 the starter model -> {metadata}: the file's
 *   starter.faces {time, count}          its slowly changing faces; one unit of time leads from one style to the next
 *                                        -> {size, seeds, rgba}
 *   model.load {bytes}                   a model to generate with -> {size, latentSize, hasMapping, parameters}
 *   generate {faces, source}             faces: [{seed, psis, moves} or {styles}], as wasm/engine/styles.js has them; source:
 *                                        run, model, starter -> {size, stages, rgba}
 *   interpolate {faces, space, frames, loop, ease, source}   -> {size, rgba, frames}
 *   mix {faces, stage, source}           -> {size, stages, stage, columns, rgba, styles}: a grid with the faces themselves
 *                                        above and on the left, and the styles of the mixtures
 *   project {file, perStage, source}     a File; tells by events, one at a time -> {size, rgba, styles, errors: {mean,
 *                                        nearest, found}, psnr} or {cancelled: true}
 *   project.cancel {}                    -> {}
 *   evaluate {source}                    scores against the pictures -> {count, training, bars, summary, warnings,
 *                                        size, columns, rgba}: two rows, samples above their nearest pictures
 *   gif {rgba, size, delay, scale}       -> {bytes}
 *   save {checkpoint}                    the present state; or (false) the best model, where one was kept, else the present
 *                                        one -> {bytes, step, best}: its score in words
 *   fetch.later {}                       fetches the modules that later requests need, while the network is there -> {}
 *   crash {}                             throws outside any request: for tests of what the page does then
 *
 * Events
 *   intake {done, total}                 pictures being read
 *   epochs {epochs}                      {recipe: usual number}, for the pictures that are there now; before the reply
 *   stats {stats, rate}                  at most ten a second; rate in pictures a second
 *   samples {step, size, rgba}           the 64 fixed latents; only after a credit
 *   projection {done, total, size, rgba, errors}   the picture, and the nearest face so far
 *   checkpoint {bytes, step}             every hundred steps or so and at a pause: what the page can restart from
 *   best {bytes, step}                   the best model so far
 *   trouble {kind, step, action, to, sentence}   the doctor found something; to: the step that was gone back to
 *   finished {reason, step, saved, stats, error}   training has ended; reason: done, stopped (train.pause), trouble (the
 *                                        doctor stopped it) or failed (error)
 */

/** @typedef {{code: string, op: string, message: string, detail?: string}} ProtocolError */
/** @typedef {{id: number, type: string, [field: string]: any}} Request */

/** Seeds of the live grid: picture k of it is seed k, so that it can be made again. */
export const SAMPLE_SEEDS = Array.from({ length: 64 }, (_, i) => i);

/** How often stats are sent, in milliseconds. */
export const STATS_INTERVAL = 100;
