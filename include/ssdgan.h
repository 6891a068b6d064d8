/* ssdgan.h: the public interface of the ssdgan core, and the only public C header.
 *
 * A GAN (the Spectral Style-DCGAN of A. Garg, arXiv 2404.00597, and its DCGAN baseline) that trains on
 * the caller's own pictures. Nothing here prints, exits, reads files or needs a clock.
 *
 * Conventions
 * - Objects are opaque; `..._create` makes one, `..._destroy` frees it (NULL is allowed there).
 * - Every fallible function returns an ssd_status; on failure its results are untouched and
 *   ssd_context_error() holds a sentence that says what was wrong and what to do.
 * - A context and all objects made with it belong to one calling thread at a time. The context's pool
 *   threads are used inside calls only. Results are the same bits for any number of threads.
 * - Images as floats: N x 3 x H x W, row-major, in [-1, 1]. As bytes: H x W x 3 (RGB) or x 4 (RGBA).
 * - Letters: N batch, C channels, H W height and width, z latent, w style.
 */
#ifndef SSDGAN_H
#define SSDGAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SSD_MUST_USE __attribute__((warn_unused_result))
#else
#define SSD_MUST_USE
#endif

/* ---------------------------------------------------------------------------------- status --- */

typedef enum ssd_status {
    SSD_OK = 0,
    SSD_BAD_ARGUMENT = 1, /* the caller's mistake: value out of range, null, wrong size */
    SSD_OUT_OF_MEMORY = 2,
    SSD_BAD_FILE = 3,    /* truncated, damaged or not what it says it is */
    SSD_UNSUPPORTED = 4, /* understood, but this build does not handle it (CMYK JPEG, WebP, ...) */
    SSD_TOO_LARGE = 5,   /* absurd dimensions, refused before decoding */
    SSD_BAD_STATE = 6,   /* the call does not fit the object's state (step without pictures) */
    SSD_NOT_FINITE = 7   /* training produced a NaN or an infinity */
} ssd_status;

/* Version of the library, "MAJOR.MINOR.PATCH". Static. */
const char *ssd_version(void);

/* The constants of this header as JSON, so that other languages repeat none of them:
 * {"version": "...", "status": {"ok": 0, ...},
 *  "config": [{"name", "type": "int"|"float"|"flag"|"choice", "default", "min", "max",
 *              "choices": [...],   of a choice the names, of an int the values that are offered, if not all
 *              "group",            one of "groups": the heading under which people find it
 *              "network", "live", "basic"    true where it shapes the networks, may change while a training runs,
 *                                            is shown to beginners
 *              "option",           of the command line; "" where it has none
 *              "label", "unit", "help"}],    in words
 *  "groups": ["pictures", ...], "stats": ["step", ...], "scores": ["frechet", ...], "features": ["random-conv", ...],
 *  "compare": ["frechet", ...]}
 * stats, scores and features are in the order of the enums ssd_stat, ssd_score and ssd_feature_kind; compare's values
 * are 1, 2, 4. Static. */
const char *ssd_describe(void);

/* --------------------------------------------------------------------------------- context --- */

typedef struct ssd_context ssd_context;

/* A context with `threads` (1..64) threads, the caller's included: 1 needs no pool. In a build without threads
 * any number gives 1, and a system that refuses threads as many as it gives. NULL when memory cannot be had. */
ssd_context *ssd_context_create(int threads);
void ssd_context_destroy(ssd_context *context);

/* Threads in use, at least 1. */
int ssd_context_threads(const ssd_context *context);

/* one 1: everything is done by the caller's thread from now on, until 0. Results are the same bits. On a busy machine
 * one thread can be faster than two. */
void ssd_context_use_one_thread(ssd_context *context, int one);

/* Sentence about the last failure in this context, "" when there was none. Valid until the next call. */
const char *ssd_context_error(const ssd_context *context);

/* Frees a buffer that this library returned (ssd_trainer_save). */
void ssd_buffer_free(void *buffer);

/* Runs `rounds` rounds of 10 independent multiply-add chains in vector registers on every thread of the context
 * and returns the number of floating point operations (two for a multiply-add). The caller measures the time; the
 * quotient is the peak that benchmarks are compared with. FMA in relaxed-SIMD builds, multiply and add elsewhere. */
double ssd_peak_probe(ssd_context *context, int rounds);

/* ---------------------------------------------------------------------------------- config --- */

enum { SSD_MAX_STAGES = 8 };

typedef enum ssd_model_kind { SSD_MODEL_SSD = 0, SSD_MODEL_DCGAN = 1 } ssd_model_kind;
typedef enum ssd_spectral { SSD_SPECTRAL_NONE = 0, SSD_SPECTRAL_PAPER = 1 } ssd_spectral;
typedef enum ssd_crop { SSD_CROP_CENTRE = 0, SSD_CROP_PAD = 1, SSD_CROP_SQUASH = 2 } ssd_crop;
typedef enum ssd_filter { SSD_FILTER_TRIANGLE = 0, SSD_FILTER_CUBIC = 1 } ssd_filter;
typedef enum ssd_initial { SSD_INITIAL_PYTORCH = 0, SSD_INITIAL_DCGAN = 1 } ssd_initial;
typedef enum ssd_upsampling { SSD_TRANSPOSED = 0, SSD_NEAREST = 1, SSD_BILINEAR = 2 } ssd_upsampling;
typedef enum ssd_downsampling { SSD_STRIDED = 0, SSD_AVERAGE = 1 } ssd_downsampling;
typedef enum ssd_first_input { SSD_FIRST_CONSTANT = 0, SSD_FIRST_LATENT = 1 } ssd_first_input;
typedef enum ssd_g_norm { SSD_G_NORM_INSTANCE = 0, SSD_G_NORM_BATCH = 1 } ssd_g_norm;
typedef enum ssd_d_norm { SSD_D_NORM_BATCH = 0, SSD_D_NORM_NONE = 1 } ssd_d_norm;

/* Everything that a training run is configured by. Plain data; fill it with ssd_config_default. Field names are
 * also the names used by ssd_config_set, in checkpoints and on the command line (with - for _). */
typedef struct ssd_config {
    int32_t model;          /* ssd_model_kind */
    int32_t image_size;     /* 32, 64, 128 or 256 (tests: 16 too) */
    int32_t latent_size;    /* length of z and w, 100 */
    int32_t width;          /* channels of the stage next to the picture, 64; doubled each stage inwards */
    int32_t width_max;      /* ... up to this, 512 */
    int32_t shared_mapping; /* flag: one mapping layer applied four times, as the notebook's checkpoints */
    int32_t adain;          /* flag: 0 replaces AdaIN by batch norm and feeds w to the first layer (ablation) */
    int32_t spectral_norm;  /* ssd_spectral */
    int32_t reuse_fake;     /* flag: D sees the fakes of the G step once, for both updates */
    int32_t batch;          /* pictures a step, 2..1024 */
    int32_t flip;           /* flag: each picture is mirrored with probability one half */
    int32_t crop;           /* ssd_crop: how a picture becomes square */
    int32_t filter;         /* ssd_filter: resampling, antialiased */
    int32_t val_count;      /* held-out pictures; -1: a tenth, at least 1, at most 500 */
    double fraction;        /* per cent of the training part that is used, (0, 100] */
    double lr;              /* Adam's learning rate for both networks */
    double beta1;
    double beta2;
    double eps;  /* Adam's epsilon */
    double seed; /* whole number 0..2^53-1; decides initial values, order, latents, flips, augmentation */

    /* Options beyond the paper (docs/method.md, section 4). All are off by default, and an option that is off does not
     * change a single bit of a step. */

    /* The generator's average (Karras et al. 2018, 1710.10196; ramp-up: Karras et al. 2020, 2006.06676):
     * average += (1 - 0.5^(pictures a step / half-life)) (weights - average). It is what is sampled, validated and
     * saved as the model. Running statistics are averaged alike. */
    double ema;      /* half-life in pictures; 0: off */
    double ema_ramp; /* the half-life is at most this times the pictures seen; 0: no ramp-up */

    /* Differentiable augmentation (Zhao et al. 2020, 2006.10738) of all that D sees, in all steps; the generator's
     * gradient goes through it. */
    int32_t augment_translation; /* flag: shifts by up to an eighth of the side, zeros moving in */

    /* A learning rate for each network (Heusel et al. 2017, 1706.08500). */
    double lr_g, lr_d; /* 0: lr */

    /* R1 penalty (Mescheder et al. 2018, 1801.04406): r1 / 2 E|grad_x D(x)|^2 on reals, every r1_interval steps with
     * r1_interval times the weight (lazily, Karras et al. 2020, 1912.04958). Its gradient is taken by central
     * differences along the picture's gradient, since nothing here differentiates twice. */
    double r1; /* gamma; 0: off */
    int32_t r1_interval;

    /* Fine-tuning: what is not trained. */
    int32_t freeze;   /* a sum: 1 the mapping, 2 generator's L1 with its constant and AdaIN, 4 L2, 8 L3, ... */
    int32_t freeze_d; /* so many layers of D, from the picture inwards (FreezeD, Mo et al. 2020, 2002.10964) */

    int32_t initial; /* ssd_initial: PyTorch's defaults, as in the paper, or the DCGAN's normals of deviation 0.02
                      * (Radford et al. 2016, 1511.06434) */

    /* Other networks: what StyleGAN (Karras et al. 2019, 1812.04948) and the work before it have. Files always hold the
     * effective weights, so none of these changes what a layer computes from a file. */
    int32_t mapping_layers; /* 4; 0: w is the normalised z */
    double mapping_rate;    /* factor of the mapping's learning rate (0.01 there) */
    int32_t pixel_norm;     /* flag: z gets mean square 1, not norm 1: it is sqrt(L) times as long */
    int32_t w_norm;     /* flag: each coordinate of w is brought to mean 0 and variance 1 over the batch; samples use
                         * running statistics (Ioffe & Szegedy 2015, 1502.03167, without weight and bias) */
    int32_t equalised;  /* flag: equalised learning rate (Karras et al. 2018, 1710.10196): weights begin as normals of
                         * He's deviation c, and Adam takes steps of c times the rate */
    int32_t noise;      /* flag: noise inputs before each AdaIN (nn/noise.h), anew in each step; samples and validation
                         * have one fixed field of noise for all pictures: a z gives one picture */
    int32_t upsampling; /* ssd_upsampling in G: transposed convolution 4x4; nearest, then 3x3 (fused, the same to the
                         * last border pixel); bilinear, as StyleGAN has it: nearest, 3x3, then [1 2 1] both ways */
    int32_t downsampling;  /* ssd_downsampling in D: convolution 4x4, stride 2; 3x3, then means of 2x2 (fused) */
    int32_t d_norm;        /* ssd_d_norm: batch norm in D, or none, with a bias for each convolution but the head */
    int32_t minibatch_std; /* flag: minibatch standard deviation before D's head (nn/minibatch_std.h) */
    double style_mixing; /* probability that a picture has two latents, the second one's style from a random stage on */
    int32_t first_input; /* ssd_first_input: G's first layer sees the learned constant, or w, as a DCGAN's sees z
                          * (Radford et al. 2016, 1511.06434): each picture then has its own 4x4 map */
    int32_t g_norm;  /* ssd_g_norm: styles scale and shift an instance norm (AdaIN), or a batch norm: self-modulation
                      * (Chen et al. 2019, 1810.01365), which needs first_input latent */
    int32_t width_d; /* `width` of the discriminator; 0: that of both */
} ssd_config;

/* The paper's settings (docs/method.md, section 3: batch 32, lr 0.0005, beta1 0.5, beta2 0.999, eps 1e-8). */
void ssd_config_default(ssd_config *config);

/* For callers without C structs: a config on the heap (NULL without memory), and access by field name.
 * Set fails with SSD_BAD_ARGUMENT for an unknown name or a value outside the field's range. Get gives NaN for
 * an unknown name. */
ssd_config *ssd_config_create(void);
void ssd_config_destroy(ssd_config *config);
SSD_MUST_USE ssd_status ssd_config_set(ssd_context *context, ssd_config *config, const char *name, double value);
double ssd_config_get(const ssd_config *config, const char *name);

/* --------------------------------------------------------------------------------- dataset --- */

typedef struct ssd_dataset ssd_dataset;

/* An empty dataset of square RGB pictures of `size` pixels. Pictures are held as bytes.
 * NULL without memory or for a size outside 8..1024. */
ssd_dataset *ssd_dataset_create(ssd_context *context, int size, ssd_crop crop, ssd_filter filter);
void ssd_dataset_destroy(ssd_dataset *dataset);

/* Decodes one encoded picture (JPEG, PNG, BMP, GIF first frame, TGA, PNM), honours EXIF orientation, lays alpha
 * over white, makes it square by the crop, resizes and appends it. `bytes` is only borrowed. Fails with
 * SSD_BAD_FILE, SSD_UNSUPPORTED, SSD_TOO_LARGE (a side above 16384 or more than 64 Mpixel), SSD_OUT_OF_MEMORY;
 * the dataset is then unchanged. */
SSD_MUST_USE ssd_status ssd_dataset_add_file(ssd_dataset *dataset, const uint8_t *bytes, size_t byte_count);

/* Decodes `count` (at most 65536) files over the context's threads, one a thread at a time: file i is
 * bytes[offsets[i] .. offsets[i + 1] - 1], so there are count + 1 offsets. Each fails by itself: statuses[i] is what
 * ssd_dataset_add_file would return for file i, and the others are appended in the order of the files. Fails as a
 * whole, the dataset and statuses unchanged, with SSD_BAD_ARGUMENT (offsets that go down) or SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status ssd_dataset_add_files(ssd_dataset *dataset, const uint8_t *bytes, const size_t *offsets,
                                              int count, int32_t *statuses);

/* Sentence about file `index` of the last ssd_dataset_add_files, "" for one that was appended. Valid until the dataset
 * is next given files. */
const char *ssd_dataset_file_error(const ssd_dataset *dataset, int index);

/* Reserves memory for `more` further pictures, so that the block need not be copied while they are added. */
SSD_MUST_USE ssd_status ssd_dataset_reserve(ssd_dataset *dataset, int more);

/* As ssd_dataset_add_file, from pixels that the caller decoded: `rgba` is height x width x 4 bytes, not
 * premultiplied. */
SSD_MUST_USE ssd_status ssd_dataset_add_rgba(ssd_dataset *dataset, const uint8_t *rgba, int width, int height);

/* Appends `count` pictures as they are, byte for byte: `rgb` is count x size x size x 3 bytes, of the dataset's own
 * size. Fails with SSD_BAD_ARGUMENT (a count below 0, or too many pictures in all) or SSD_OUT_OF_MEMORY; the dataset is
 * then unchanged. */
SSD_MUST_USE ssd_status ssd_dataset_add_rgb(ssd_dataset *dataset, const uint8_t *rgb, int count);

/* Appends `count` doodles (cartoon animal faces drawn by the core), numbers first .. first+count-1 of `seed`. */
SSD_MUST_USE ssd_status ssd_dataset_add_doodles(ssd_dataset *dataset, double seed, int first, int count);

int ssd_dataset_count(const ssd_dataset *dataset);
int ssd_dataset_size(const ssd_dataset *dataset);

/* Picture `index` as size x size x 3 bytes, borrowed until the dataset next changes. NULL if out of range. */
const uint8_t *ssd_dataset_picture(const ssd_dataset *dataset, int index);

/* Removes picture `index`; later ones move up by one. */
SSD_MUST_USE ssd_status ssd_dataset_remove(ssd_dataset *dataset, int index);

/* A 53-bit fingerprint (as a whole double) of size, count and all bytes: a resumed run must see the same pictures. */
double ssd_dataset_fingerprint(const ssd_dataset *dataset);

/* Draws doodle number `index` of `seed` into `rgb`, size x size x 3 bytes. Needs no dataset. */
void ssd_doodle_draw(double seed, int index, int size, uint8_t *rgb);

/* ------------------------------------------------------------------------------- generator --- */

/* A generator alone: what a model file holds. */
typedef struct ssd_generator ssd_generator;

/* Reads a model or a checkpoint (safetensors; tensors named as PyTorch's state_dict, with or without a
 * "generator." prefix; float32 or float16). Sizes are taken from the tensors' shapes. */
SSD_MUST_USE ssd_status ssd_generator_load(ssd_context *context, const uint8_t *bytes, size_t byte_count,
                                           ssd_generator **generator);
void ssd_generator_destroy(ssd_generator *generator);

int ssd_generator_image_size(const ssd_generator *generator);
int ssd_generator_latent_size(const ssd_generator *generator);

/* 1: the first layer sees a learned constant; 0: it sees w (first_input latent, adain 0, a DCGAN). */
int ssd_generator_has_constant(const ssd_generator *generator);
double ssd_generator_parameter_count(const ssd_generator *generator);

/* Stages (S) with a style of their own, coarse first: as many as AdaIN layers. 0 where there are none: a DCGAN, or a
 * model without AdaIN. */
int ssd_generator_stages(const ssd_generator *generator);

/* The latent of a seed: latent_size standard normals into `z`. The same seed gives the same z everywhere. */
void ssd_latent(double seed, int latent_size, float *z);

/* z (N x latent) -> w (N x latent), truncated by psi, in [-2, 2], as below. z and w may be the same array. */
SSD_MUST_USE ssd_status ssd_generator_map(ssd_generator *generator, const float *z, int count, double psi, float *w);

/* Truncates w (N x latent) in place, each row by its psi in [-2, 2]: 1 leaves it bit for bit, 0 gives the w of the
 * typical face, and a psi beyond them goes on along the same path.
 * - Where the first layer sees a learned constant, the typical w is the mean of 10,000 mapped latents, and
 *   w <- typical + psi (w - typical) (Karras et al. 2019, 1812.04948).
 * - Where it sees w, training has seen hardly any w but those of length about sqrt(latent), and shorter ones give
 *   washed-out faces. The typical w is that of a seed: all pictures of 0 to 599 are reduced to a quarter of the side
 *   (at most 16 x 16), and of the 30 that correlate most with their mean, in grey, it is the nearest to that mean. w's
 *   direction goes along the great circle (slerp, Shoemake 1985), its length is |typical| + psi (|w| - |typical|), with
 *   psi held in [0, 1].
 * The typical w is found when it is first needed, and again after a training step: 600 pictures in the second case.
 * SSD_OUT_OF_MEMORY: w is as it was. */
SSD_MUST_USE ssd_status ssd_generator_truncate(ssd_generator *generator, float *w, int count, const double *psis);

/* w (N x latent) -> images (N x 3 x H x W, [-1, 1]). Any N from 1; works in batches inside. */
SSD_MUST_USE ssd_status ssd_generator_synthesise(ssd_generator *generator, const float *w, int count, float *images);

/* The same from a w for each stage ("w+", Abdal et al. 2019, 1904.03189): styles N x S x L. Pictures whose stages all
 * have one w are ssd_generator_synthesise's, bit for bit. SSD_UNSUPPORTED without stages. */
SSD_MUST_USE ssd_status ssd_generator_synthesise_styles(ssd_generator *generator, const float *styles, int count,
                                                        float *images);

/* Directions of w that change the picture most, in closed form (SeFa, Shen & Zhou 2021, 2007.06600): eigenvectors of
 * At A, A being the AdaIN weights (scale and bias, C x L each) of the chosen stages one under the other. `stages` is a
 * sum of 1 << stage. Largest first: eigenvalues L, directions L x L, a unit vector a row. SSD_UNSUPPORTED without
 * stages. */
SSD_MUST_USE ssd_status ssd_generator_directions(ssd_generator *generator, int stages, double *eigenvalues,
                                                 float *directions);

/* The styles whose picture comes nearest to a given one (Abdal et al. 2019; Karras et al. 2020, 1912.04958): `samples`
 * random w are tried, then `steps` steps of Adam lead on from the typical w and from the nearest starts - 1 of them
 * (at most 16 starts). per_stage: the second half of the steps moves each stage's style by itself (w+). Nearness is the
 * squared difference over a pyramid of halved pictures, with a light pull to the mean. Adam moves only along the axes
 * on which random w vary, so that results stay faces. rgb: H x W x 3 bytes of the model's size. It and the weights are
 * copied: training may continue.
 * Memory: the generator's and some 30 MB at 64 x 64. SSD_UNSUPPORTED without stages. */
typedef struct ssd_projection ssd_projection;
SSD_MUST_USE ssd_status ssd_projection_create(ssd_generator *generator, const uint8_t *rgb, int per_stage, int samples,
                                              int starts, int steps, double seed, ssd_projection **projection);
void ssd_projection_destroy(ssd_projection *projection);

/* Does the next rounds (a batch of 16 random w, or a step of Adam, each) and returns how many are left. With 0 rounds
 * it only returns that number. */
int ssd_projection_run(ssd_projection *projection, int rounds);

/* Root mean square difference from the picture, in levels of 255. */
enum {
    SSD_PROJECTION_TYPICAL, /* of the typical face */
    SSD_PROJECTION_NEAREST, /* of the nearest random one's */
    SSD_PROJECTION_FOUND,   /* of the best so far */
    SSD_PROJECTION_ERRORS
};

/* The best so far, after one round at least: S x L, and the errors. */
void ssd_projection_result(const ssd_projection *projection, float *styles, double errors[SSD_PROJECTION_ERRORS]);

/* images (N x 3 x H x W floats) -> rgba (N x H x W x 4 bytes): clamp((x + 1) * 127.5), rounded, 0 for a
 * NaN; alpha 255. image_size at least 2. */
void ssd_images_to_rgba(const float *images, int count, int image_size, uint8_t *rgba);

/* --------------------------------------------------------------------------------- trainer --- */

typedef struct ssd_trainer ssd_trainer;

/* A new trainer with fresh initial values. All memory is taken here; a step allocates nothing. */
SSD_MUST_USE ssd_status ssd_trainer_create(ssd_context *context, const ssd_config *config, ssd_trainer **trainer);

/* A trainer from a checkpoint, exactly as it was saved: configuration, weights, Adam moments, counters, random state
 * and data order. It continues bit for bit once it has the same pictures. SSD_BAD_FILE if it is a model without
 * training state, or if its bytes contradict the checksum that it carries. */
SSD_MUST_USE ssd_status ssd_trainer_load(ssd_context *context, const uint8_t *bytes, size_t byte_count,
                                         ssd_trainer **trainer);

/* A new trainer that starts from the weights of a model or a checkpoint (fine-tuning): the generator's, its average's
 * and, where the file has a discriminator, that one's. The file's networks decide the sizes; all else is the config's.
 */
SSD_MUST_USE ssd_status ssd_trainer_create_from(ssd_context *context, const ssd_config *config, const uint8_t *bytes,
                                                size_t byte_count, ssd_trainer **trainer);
void ssd_trainer_destroy(ssd_trainer *trainer);

/* Copies the trainer's configuration out. */
void ssd_trainer_config(const ssd_trainer *trainer, ssd_config *config);

/* Changes a setting of a running training. Only those that decide neither sizes nor the pictures' order can change:
 * rates, betas, R1, augmentation, frozen layers. SSD_BAD_ARGUMENT otherwise. */
SSD_MUST_USE ssd_status ssd_trainer_set(ssd_trainer *trainer, const char *name, double value);

/* Gives the trainer its pictures, borrowed until it is destroyed or given others; they must not change meanwhile.
 * At least 2, of the trainer's image size. The split (held-out part: the last val_count) and fraction are decided
 * here. For a loaded checkpoint whose pictures had another fingerprint: SSD_BAD_STATE, unless `accept_other` is 1,
 * when a new order begins. */
SSD_MUST_USE ssd_status ssd_trainer_set_dataset(ssd_trainer *trainer, const ssd_dataset *dataset, int accept_other);

/* One training step (docs/method.md, section 3): G update, then D update. SSD_NOT_FINITE when a loss is not finite. */
SSD_MUST_USE ssd_status ssd_trainer_step(ssd_trainer *trainer);

/* How many of `count` pictures a training with this val_count holds out: val_count, or where that is negative a tenth,
 * at least 1 and at most 500. */
int ssd_held_out(int count, int val_count);

/* Losses and D accuracy on the held-out pictures, with running statistics and fixed latents; the results are in
 * the stats. The next step has the same bits with or without it. */
SSD_MUST_USE ssd_status ssd_trainer_validate(ssd_trainer *trainer);

/* Numbers about the run, written to `stats` in the order of ssd_describe()'s "stats". */
enum ssd_stat {
    SSD_STAT_STEP,            /* steps done */
    SSD_STAT_EPOCH,           /* epochs done, whole */
    SSD_STAT_STEP_IN_EPOCH,   /* steps done in this epoch */
    SSD_STAT_STEPS_PER_EPOCH, /* 0 before set_dataset */
    SSD_STAT_PICTURES_SEEN,
    SSD_STAT_TRAIN_COUNT, /* pictures in training (after fraction) */
    SSD_STAT_VAL_COUNT,   /* pictures held out */
    SSD_STAT_LOSS_G,      /* of the last step */
    SSD_STAT_LOSS_D,
    SSD_STAT_D_REAL,     /* D(x), mean probability over the batch */
    SSD_STAT_D_FAKE,     /* D(G(z)) in the D step */
    SSD_STAT_VAL_LOSS_G, /* of the last validation, NaN before it */
    SSD_STAT_VAL_LOSS_D,
    SSD_STAT_VAL_ACCURACY,    /* share of held-out reals above 0.5 and fakes below */
    SSD_STAT_BEST_VAL_LOSS_G, /* lowest so far */
    SSD_STAT_BEST_STEP,       /* when that was */
    SSD_STAT_GRAD_NORM_G,     /* Euclidean norm of the last step's gradient */
    SSD_STAT_GRAD_NORM_D,
    SSD_STAT_COUNT
};
void ssd_trainer_stats(const ssd_trainer *trainer, double stats[SSD_STAT_COUNT]);

/* What the discriminator saw in its update of the last step, and what it said: pictures and samples as floats, N x 3 x
 * H x W each (before augmentation), N being the config's batch, and D's logits, N of the pictures and then N of the
 * samples; 1 / (1 + exp(-logit)) is how real D found one. Call it after ssd_trainer_step, before anything else uses the
 * trainer or its generator: these are the step's own buffers. SSD_BAD_STATE before the first step. */
SSD_MUST_USE ssd_status ssd_trainer_last_batch(const ssd_trainer *trainer, float *pictures, float *samples,
                                               float *logits);

/* Trainable parameters of the two networks. */
double ssd_trainer_generator_parameters(const ssd_trainer *trainer);
double ssd_trainer_discriminator_parameters(const ssd_trainer *trainer);

/* The trainer's generator for sampling at its present weights, borrowed: valid until the trainer is destroyed,
 * never destroyed by the caller. Its weights move with training. */
ssd_generator *ssd_trainer_generator(ssd_trainer *trainer);

/* The plan of the run: a text of the caller's (which recipe, how many epochs), at most SSD_PLAN_BYTES - 1 bytes of
 * UTF-8. The core does not read it; it keeps it in checkpoints. Set copies it; SSD_BAD_ARGUMENT where it is longer. The
 * plan is "" until it is set, and valid until the next set. */
enum { SSD_PLAN_BYTES = 4096 };
SSD_MUST_USE ssd_status ssd_trainer_set_plan(ssd_trainer *trainer, const char *plan);
const char *ssd_trainer_plan(const ssd_trainer *trainer);

/* Serialises to safetensors: the generator alone (`checkpoint` 0: what PyTorch loads into the generator) or the whole
 * state, with a checksum (XXH64) of all bytes in its metadata, whose own 16 digits count as zeros. On success *bytes is
 * a new buffer of *byte_count, to be freed with ssd_buffer_free. SSD_NOT_FINITE when a number to be saved (a weight, a
 * running statistic, a moment of Adam) is a NaN or an infinity. */
SSD_MUST_USE ssd_status ssd_trainer_save(ssd_trainer *trainer, int checkpoint, uint8_t **bytes, size_t *byte_count);

/* ------------------------------------------------------------------------------ evaluation --- */

/* How good samples are: sets of feature vectors, one for each picture, compared with each other, and the sliced
 * Wasserstein distance of the pictures themselves. A seed decides everything that is random; any number of
 * threads gives the same. */
typedef struct ssd_features ssd_features;

/* RANDOM_CONV: "random-conv-1", 512 numbers from a fixed random network (src/eval/random_conv.h; a distance of these
 * is no FID), each brought to mean 0 and deviation 1 by the reference, or by the set itself where that is NULL: give
 * the real pictures' as the reference of all others. Sizes 16, 32 and multiples of 64.
 * PIXELS: the picture as means over blocks, at most 32 x 32 x 3, in [-1, 1]; the reference is not used. */
typedef enum ssd_feature_kind { SSD_FEATURES_RANDOM_CONV = 0, SSD_FEATURES_PIXELS = 1 } ssd_feature_kind;

/* Features of pictures first .. first+count-1. A picture's rounding depends only on the picture and its place. */
SSD_MUST_USE ssd_status ssd_features_extract(ssd_context *context, const ssd_dataset *pictures, int first, int count,
                                             ssd_feature_kind kind, const ssd_features *reference,
                                             ssd_features **features);

/* Features that the caller computed (with an Inception network): count x size, copied, compared as they are. */
SSD_MUST_USE ssd_status ssd_features_from_rows(ssd_context *context, const float *rows, int count, int size,
                                               ssd_features **features);

/* A new set of the named rows of another set; repeats are allowed. */
SSD_MUST_USE ssd_status ssd_features_pick(const ssd_features *features, const int32_t *indices, int count,
                                          ssd_features **picked);
void ssd_features_destroy(ssd_features *features);
int ssd_features_count(const ssd_features *features);
int ssd_features_size(const ssd_features *features);
const float *ssd_features_rows(const ssd_features *features); /* count x size, borrowed */

enum { SSD_COMPARE_FRECHET = 1, SSD_COMPARE_KERNEL = 2, SSD_COMPARE_NEIGHBOURS = 4, SSD_COMPARE_ALL = 7 };

enum ssd_score {
    SSD_SCORE_FRECHET,       /* Frechet distance (src/eval/frechet.h) */
    SSD_SCORE_KERNEL,        /* kernel distance, KID's (src/eval/kernel_distance.h) */
    SSD_SCORE_KERNEL_SPREAD, /* its standard deviation over the subsets */
    SSD_SCORE_PRECISION,     /* Kynkaanniemi et al. 2019, k = 3 (src/eval/neighbours.h) */
    SSD_SCORE_RECALL,
    SSD_SCORE_DENSITY, /* Naeem et al. 2020, k = 5 */
    SSD_SCORE_COVERAGE,
    SSD_SCORE_COUNT
};

/* The scores that `which` asks for (sum of SSD_COMPARE_...), the others NaN. The kernel distance is the mean over
 * `subsets` random subsets of `subset_size` (0: all) pictures of each set. Both sets need 6 pictures at least. */
SSD_MUST_USE ssd_status ssd_features_compare(ssd_features *real, ssd_features *fake, int which, int subsets,
                                             int subset_size, double seed, double scores[SSD_SCORE_COUNT]);

/* The nearest of `among` to each of `of`, and its Euclidean distance; a set among itself leaves each one out. */
SSD_MUST_USE ssd_status ssd_features_nearest(const ssd_features *of, const ssd_features *among, int32_t *index,
                                             float *distance);

/* Root mean square distance of two different rows: how varied the set is. */
double ssd_features_spread(const ssd_features *features);

/* Sliced Wasserstein distances of pictures of one size (src/eval/swd.h), a Laplacian level each, finest first, as many
 * as halving down to 16 gives; the rest of `levels` is NaN. patches a picture 1..1024, directions 1..4096 (Karras et
 * al. 2018: 128 and 512). Memory: about 1.3 KB for each patch of the smaller set. */
enum { SSD_SWD_LEVELS = 8 };
SSD_MUST_USE ssd_status ssd_swd(ssd_context *context, const ssd_dataset *a, int a_first, int a_count,
                                const ssd_dataset *b, int b_first, int b_count, int patches, int directions,
                                double seed, double levels[SSD_SWD_LEVELS]);

/* --------------------------------------------------------------------------------- verify --- */

/* Replay of stored training steps against stored results ("ssdgan-verify" files; see docs/verify.md). */
typedef struct ssd_verify ssd_verify;

/* Reads the file, replays its steps, compares. */
SSD_MUST_USE ssd_status ssd_verify_create(ssd_context *context, const uint8_t *bytes, size_t byte_count,
                                          ssd_verify **verify);
void ssd_verify_destroy(ssd_verify *verify);
int ssd_verify_group_count(const ssd_verify *verify);
const char *ssd_verify_group_name(const ssd_verify *verify, int group); /* "grad.generator", "after.0.generator" */
int ssd_verify_group_step(const ssd_verify *verify, int group);
double ssd_verify_group_error(const ssd_verify *verify, int group); /* |got - want| / |want|, whole group */
double ssd_verify_group_worst(const ssd_verify *verify, int group); /* the same of the worst single tensor */
const char *ssd_verify_group_worst_name(const ssd_verify *verify, int group);

/* -------------------------------------------------------------------------------- measure --- */

/* One kernel or layer alone on made-up numbers, for benchmarks; the caller measures the time. */
typedef struct ssd_measure ssd_measure;

/* `what`: conv_, direct_ + forward, input_grad, weight_grad (the model's convolution as it is chosen, and without
 * Winograd); adain_, batch_norm_, spectral_norm_ + forward, backward; adam (channels x filters parameters);
 * linear_forward (channels inputs, filters outputs). channels and size (H = W) are those of the large image. Takes all
 * memory here. SSD_BAD_ARGUMENT for another name. */
SSD_MUST_USE ssd_status ssd_measure_create(ssd_context *context, const char *what, int batch, int channels, int filters,
                                           int size, ssd_measure **measure);
void ssd_measure_destroy(ssd_measure *measure);

/* Runs it once; all runs do the same work. */
void ssd_measure_run(ssd_measure *measure);

/* Its output (of adam the second moments), borrowed, to compare kernels by: the operands of one size are always the
 * same. */
const float *ssd_measure_result(const ssd_measure *measure);

#ifdef __cplusplus
}
#endif

#endif
