/**
 * Recipes: named tables of settings (ssd_config, include/ssdgan.h), for the command line and the page. What a table leaves
 * out has its default, the paper's value. `onTrouble` is what the doctor does (doctor.js) unless told otherwise: the
 * published ones are left to themselves, so that they show what they do. `epochs` (the paper's 20 where it says none) and
 * `pictures` shown, whichever is more, are made where nobody asks for others. `keepBest` is the score whose lowest is kept.
 */

/** @typedef {Record<string, number | string>} Settings */
/** @typedef {{about: string, settings: Settings, onTrouble: 'stop' | 'rollback' | 'augment' | 'ignore', epochs?: number,
 *   pictures?: number, keepBest?: 'kernel'}} Recipe */

/** What a user has who names none. */
export const DEFAULT_RECIPE = 'quick';

/**
 * What both of ours share: a DCGAN's beginning and rate, and styles that are z itself; docs/experiments.md says how they were
 * found. @type {Settings}
 */
const OURS = {
  first_input: 'latent',
  mapping_layers: 0,
  pixel_norm: 1,
  g_norm: 'batch',
  spectral_norm: 'none',
  initial: 'dcgan',
  lr: 0.0002,
  batch: 16,
  ema: 10000,
  augment_translation: 1,
  flip: 1,
  reuse_fake: 1,
};

/** @type {Record<string, Recipe>} */
export const RECIPES = {
  paper: { about: 'the published settings', settings: {}, onTrouble: 'ignore' },
  // 24,000 pictures shown make faces, all different, of 811 photographs and of 100.
  quick: {
    about: 'your own pictures, in minutes',
    settings: OURS,
    onTrouble: 'rollback',
    pictures: 24000,
    keepBest: 'kernel',
  },
  best: {
    about: 'your own pictures, with patience',
    settings: OURS,
    onTrouble: 'rollback',
    epochs: 60,
    pictures: 60000,
    keepBest: 'kernel',
  },
  dcgan: { about: 'the baseline as usually tuned', settings: { model: 'dcgan', lr: 0.0002 }, onTrouble: 'ignore' },
  // The baseline (docs/method.md, section 7) on our layers: one convolution a resolution, in the order convolution, noise, norm,
  // style, ReLU, and SSD's widths, 10 million parameters. The paper's 47.6 million would take a hundred times as long. The
  // penalty is R1 by finite differences with the logistic loss, as StyleGAN's own code has it, not WGAN's.
  stylegan: {
    about: 'the StyleGAN baseline, growing',
    settings: {
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
      growth_pictures: 20000,
      r1: 10,
      lr: 0.001,
      beta1: 0,
      beta2: 0.99,
      ema: 10000,
      flip: 1,
    },
    onTrouble: 'ignore',
  },
  'dcgan-published': { about: 'the baseline as published', settings: { model: 'dcgan' }, onTrouble: 'ignore' },
  'no-spectral': {
    about: 'ablation: plain discriminator',
    settings: { spectral_norm: 'none' },
    onTrouble: 'ignore',
  },
  'no-adain': { about: 'ablation: batch norm in the generator', settings: { adain: 0 }, onTrouble: 'ignore' },
};

/**
 * Passes over the pictures where nobody says how many: more over a few, since it is pictures shown that make faces.
 * @param {{epochs?: number, pictures?: number}} recipe 20: the paper's
 * @param {number} training pictures to train on; Infinity: not known yet
 * @returns {number}
 */
export const epochsOf = ({ epochs = 20, pictures = 0 }, training) => Math.max(epochs, Math.ceil(pictures / training));

/** Phases of growing in all that is planned, at least: the fourth is the last at 64 pixels, and has two thirds of the time. */
const PHASES = 10;

/**
 * Before the first step: a network that grows is to be grown up well before the planned end, however few pictures that is.
 * @param {import('../engine/trainer.js').Trainer} trainer
 * @param {number} planned pictures shown by the end
 */
export function growInTime(trainer, planned) {
  const growth = Number(trainer.config().growth_pictures);
  if (growth > 0 && trainer.stats().step === 0)
    trainer.set('growth_pictures', Math.min(growth, Math.ceil(planned / PHASES)));
}
