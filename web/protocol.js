/**
 * The protocol between page and worker. Everything heavy is in the worker; the page only draws.
 *
 * Request   {id, type, ...}              page -> worker
 * Reply     {id, ok: true, ...}          exactly one a request
 *           {id, ok: false, error}       error: {code, op, message, detail}; op is the request's type
 * Event     {event, ...}                 worker -> page, without id
 *
 * Requests
 *   hello {base, variant, threads, names}   starts the engine; base: URL of the folder that holds engine/; names: {doodles,
 *                                        pictures, copy}, which new projects have
 *                                        -> {variant, threads, notes, describe (ssd_describe, include/ssdgan.h),
 *                                        recipes: [{name, about, settings, comparison}], home: kind of the home of
 *                                        projects (stores/home.js)}
 *   projects.list {}                     -> {usage, quota: bytes; projects: [{id, name, changed, pictures, doodles, progress,
 *                                        bytes, preview, isHere, isElsewhere}]}, the last one changed first; preview: {size,
 *                                        rgba} of its first pictures
 *   project.open {project}               closes the open one and takes the pictures of this -> {pictures: as pictures.add,
 *                                        isReadOnly: another tab has it, step, metadata: of its checkpoint, or null, history:
 *                                        steps of its log, favourites, keyframes, model: bytes, where it is read-only}. Then
 *                                        train.load
 *   project.favour {favourites, keyframes}   each [{face, label}]: faces that the project keeps; keyframes: of the
 *                                        interpolation, in order -> {}
 *   project.rename {project, name}       -> {}
 *   project.duplicate {project}          -> {project}
 *   project.delete {project}             -> {}
 *   project.export {project}             -> {blob, name}: a zip
 *   project.import {file}                a project zip -> {project}: null where it is no project
 *   pictures.begin {size, crop, filter}  leaves the open project, which is kept, for no pictures -> as pictures.add
 *   pictures.add {files}                 File objects: pictures and zips -> {count, doodles, refused: [{name, reason}],
 *                                        reading: {size, crop, filter}, isReadable: they can be read another way, project:
 *                                        id, or null, isExchanged: faces are in the place of the photos, and faces.undo is
 *                                        possible, changes: that picture.undo can take back}. The first pictures make
 *                                        room for themselves among doodles
 *   pictures.doodles {count}             in the place of everything -> as pictures.add
 *   pictures.read {size, crop, filter}   reads all files again, without those removed -> as pictures.add
 *   picture.thumbnails {indices}         -> {size: at most 127 pixels, rgba: one after the other, without those that are gone}
 *   picture.about {index}                -> {name: of its file}
 *   picture.remove {indices}             -> as pictures.add
 *   picture.original {index}             its file -> {bitmap: upright, at most 1024 pixels a side, name, frame: as set by
 *                                        picture.frame, or null}
 *   picture.frame {index, frame}         frame: {x, y: its middle, as shares of width and height; side: as a share of the
 *                                        shorter side} of the file, which is what is trained on; null: as all others
 *                                        -> as pictures.add
 *   picture.undo {}                      takes the last change back, one at a time -> as pictures.add
 *   report.check {}                      looks at all pictures, in slices; tells by events -> {same, blurred, odd, small: below
 *                                        the training's size, long: indices of pictures. Of nearly the same ones all but
 *                                        the best}, or {ended: true}: the pictures have changed, or a training began
 *   report.stop {}                       ends it -> {}
 *   faces.check {ports}                  looks at a few of the pictures -> {offer: most have the shape of photos; with ports to
 *                                        face finders: most hold a small face; null: ask again with ports}
 *   faces.find {ports}                   finds the faces of all pictures; tells by events -> {photos: that were looked at,
 *                                        empty: those without a face, unreadable: number, stopped, faces: [{fault: small,
 *                                        blurred, cut or '', photo: number, name, isWhole: the photo is a face's picture
 *                                        already}]}. Nothing changes before faces.take
 *   faces.stop {missing}                 faces.find replies at once, with what it has; missing: why there is no finder -> {}
 *   faces.thumbnails {first, count}      of the faces that were found -> {size, rgba}
 *   faces.take {kept}                    numbers of faces, which take the place of the pictures -> as pictures.add
 *   faces.undo {}                        puts the photos back, until a training begins -> as pictures.add
 *   faces.forget {}                      drops what was found -> {}
 *   train.create {config, recipe, onTrouble, from}   config changes the recipe's settings; onTrouble: stop, rollback
 *                                        or ignore (default: the recipe's); from: 'scratch', or 'starter', whose networks
 *                                        then decide the sizes -> {stats, config, parameters, plan, total, notes, project, story, scores, floor}:
 *                                        the plan is of wasm/run/plan.js; notes: sentences for the user
 *   train.load {bytes, acceptOther, onTrouble}   goes on as its plan says from the newest checkpoint of the project, or from
 *                                        these bytes, with the pictures that are there -> as create; bad_state for other
 *                                        pictures than its own, unless acceptOther
 *   train.run {epochs} or {minutes}      trains until so many epochs are done in all, or for so many minutes from now on
 *                                        (default: as planned); replies at once -> {total, stats}: steps in all (Infinity:
 *                                        the event planned will say it), and where it stands
 *   train.pause {}                       replies when the running step is done -> {stats, reason}: as event finished
 *   train.explain {}                     one step of a paused training, to look at -> {explained: wasm/run/explain.js, or null where
 *                                        the training is done}, with the events of a run that is paused behind it
 *   train.credit {}                      the page has drawn the last samples: it may be sent the next -> {}
 *   train.save {}                        saves after the running step -> {}, at once
 *   train.drop {}                        closes the run, which the project keeps -> {}
 *   film {}                              the sample grids that the open project keeps -> {steps, models: those with a model}
 *   film.grid {step}                     -> {bytes}: a PNG, eight faces in a row with a gap of 2 pixels
 *   film.model {step}                    -> {bytes}: float16
 *   train.forget {}                      deletes the run; the project's pictures stay -> {}
 *   starter.load {bytes}                 the starter model -> {metadata}: the file's
 *   starter.faces {time, count}          its slowly changing faces; one unit of time leads from one style to the next
 *                                        -> {size, seeds, rgba}
 *   model.load {bytes, isSecond}         a model to generate with; isSecond: beside it -> {size, latentSize, parameters}
 *   generate {faces, source}             faces: [{seed, psis, moves} or {styles}], as wasm/engine/styles.js has them; source:
 *                                        run, model, second, starter -> {size, latentSize, stages, rgba}
 *   interpolate {faces, space, frames, loop, ease, source, first, count}   first, count: only these of the frames
 *                                        -> {size, rgba, frames}
 *   mix {faces, stage, source}           -> {size, stages, stage, columns, rgba, styles}: a grid with the faces themselves
 *                                        above and on the left, and the styles of the mixtures
 *   project {file, perStage, source}     a File; tells by events, one at a time -> {size, rgba, styles, errors: {mean,
 *                                        nearest, found}, psnr} or {cancelled: true}
 *   project.cancel {}                    -> {}
 *   evaluate {source}                    scores against the pictures -> {count, training, bars, summary, warnings,
 *                                        size, columns, rgba}: two rows, samples above their nearest pictures
 *   gif {rgba, size, delay, scale}       -> {bytes}
 *   zip {entries}                        [{name, data: Blob}] -> {blob}
 *   save {checkpoint}                    the present state; or (false) the best model, where one was kept, else the present
 *                                        one -> {bytes, step, best}: its score in words
 *   onnx {source, input, isUint8}        the model (of a run: as save {checkpoint: false}) as ONNX; input: z, w or w+; isUint8:
 *                                        its pictures are whole numbers from 0 to 255 -> {bytes}
 *   fetch.later {}                       fetches the modules that later requests need, while the network is there -> {}
 *   crash {}                             throws outside any request: for tests of what the page does then
 *
 * Events
 *   alive {}                             again and again while the engine starts: the worker does not hang
 *   intake {done, total}                 pictures being read
 *   report {done, found}                 share of the report that is done; once, found: the reply, still without odd ones
 *   faces {done, total, found}           photos looked at, and the faces in them
 *   epochs {epochs}                      {recipe: usual number}, for the pictures that are there now; before the reply
 *   planned {minutes, epochs, total}     the minutes have become epochs, and steps in all, at the speed of the first seconds
 *   scored {story, scores, floor}        the model was compared with the pictures: wasm/run/story.js; all scores so far, [{step,
 *                                        swd}], and the SWD of real pictures, null where it is not known
 *   stats {stats, rate}                  at most ten a second; rate in pictures a second
 *   samples {step, seeds, size, rgba}    the same seeds each time; only after a credit
 *   projection {done, total, size, rgba, errors}   the picture, and the nearest face so far
 *   checkpoint {step, share}             the project holds this step; share: of the time that went into saving
 *   not_saved {what, name, message}      storing failed; what: pictures, project, checkpoint, log or samples; name: of the
 *                                        exception (QuotaExceededError). Work goes on
 *   trouble {kind, step, action, to, sentence}   the doctor found something; to: the step that was gone back to
 *   finished {reason, step, saved, stats, error}   training has ended; reason: done, stopped (train.pause), trouble (the
 *                                        doctor stopped it) or failed (error)
 */

/** @typedef {{code: string, op: string, message: string, detail?: string}} ProtocolError */
/** @typedef {{id: number, type: string, [field: string]: any}} Request */

/** How often stats are sent, in milliseconds. */
export const STATS_INTERVAL = 100;
/** Milliseconds between two events `alive`. */
export const ALIVE_MS = 500;
