/**
 * Recipes: named tables of settings (ssd_config, include/ssdgan.h), for the command line and the page. What a table leaves
 * out has its default, the paper's value. `onTrouble` is what the doctor does (doctor.js), unless the user says otherwise;
 * the published methods run without it, so that they show what they do. A training without a planned length shows
 * `pictures`, or makes 20 epochs, as the paper, where there are none. `keepBest`: the model with the lowest of
 * this score is kept. `comparison`: for comparing with the paper and its baselines, not for a user's own pictures.
 */

/** @typedef {Record<string, number | string>} Settings */
/** @typedef {{about: string, settings: Settings, onTrouble: import('./supervisor.js').Action,
 *   pictures?: number, keepBest?: 'kernel-swd', comparison?: boolean}} Recipe */

/** The recipe of a user who names none. */
export const DEFAULT_RECIPE = 'best';

/** Recipes that earlier versions had, and what to do instead. @type {Record<string, string>} */
export const GONE = { quick: 'The recipe quick is gone: use best with --minutes 5.' };

/** @param {string} about @param {Settings} settings @returns {Recipe} */
const forComparison = (about, settings) => ({ about, settings, onTrouble: 'ignore', comparison: true });

/** @type {Record<string, Recipe>} */
export const RECIPES = {
  // Narrow networks and small batches, which learn most a minute; styles by a mapping whose w is normalised; a DCGAN's
  // initial values. docs/experiments.md says how they were found. The pictures take about 15 minutes of one core of a laptop.
  best: {
    about: 'your own pictures',
    settings: {
      width: 24,
      width_d: 16,
      first_input: 'latent',
      pixel_norm: 1,
      mapping_layers: 2,
      mapping_rate: 0.1,
      w_norm: 1,
      g_norm: 'batch',
      upsampling: 'nearest',
      spectral_norm: 'none',
      initial: 'dcgan',
      lr: 0.0002,
      batch: 8,
      ema: 10000,
      augment_translation: 1,
      flip: 1,
      reuse_fake: 1,
    },
    onTrouble: 'rollback',
    pictures: 240000,
    keepBest: 'kernel-swd',
  },
  paper: forComparison('the settings of the paper', {}),
  dcgan: forComparison('DCGAN as it is usually trained', { model: 'dcgan', lr: 0.0002 }),
  'dcgan-published': forComparison('DCGAN with the settings of the paper', { model: 'dcgan' }),
  // The baseline (docs/method.md, section 7) on our layers: one convolution a resolution, in the order convolution, noise, norm,
  // style, ReLU, and SSD's widths, 10 million parameters. The paper's 47.6 million would take a hundred times as long. The
  // penalty is R1 by finite differences with the logistic loss, as StyleGAN's own code has it, not WGAN's.
  stylegan: forComparison('a small StyleGAN', {
    latent_size: 512,
    mapping_layers: 8,
    mapping_rate: 0.01,
    pixel_norm: 1,
    equalised: 1,
    noise: 1,
    style_mixing: 0.9,
    upsampling: 'bilinear',
    downsampling: 'average',
    spectral_norm: 'none',
    d_norm: 'none',
    minibatch_std: 1,
    r1: 10,
    lr: 0.001,
    beta1: 0,
    beta2: 0.99,
    ema: 10000,
    flip: 1,
  }),
  'no-spectral': forComparison('the paper without spectral norm', { spectral_norm: 'none' }),
  'no-adain': forComparison('the paper without styles in each layer', { adain: 0 }),
};

/**
 * The epochs of a training whose length the user has not chosen: more for few pictures, since what comes out depends on the
 * number of pictures shown.
 * @param {{pictures?: number}} recipe without: 20 epochs, the paper's
 * @param {number} training pictures to train on; Infinity: not known yet
 * @returns {number}
 */
export const epochsOf = ({ pictures }, training) => (pictures ? Math.max(1, Math.ceil(pictures / training)) : 20);
