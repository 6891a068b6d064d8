/**
 * Recipes: named tables of settings (ssd_config, include/ssdgan.h), for the command line and the page. What a table leaves
 * out has its default, the paper's value. `onTrouble` is what the doctor does (doctor.js) unless told otherwise: the
 * published ones are left to themselves, so that they show what they do.
 */

/** @typedef {Record<string, number | string>} Settings */
/** @typedef {{about: string, settings: Settings, onTrouble: 'stop' | 'rollback' | 'augment' | 'ignore'}} Recipe */

/** @type {Settings} what both of ours share */
const OURS = {
  initial: 'style',
  spectral_norm: 'all',
  beta1: 0,
  lr: 0.0005,
  ema: 10000,
  augment_colour: 1,
  augment_translation: 1,
  augment_cutout: 1,
  flip: 1,
};

/** @type {Record<string, Recipe>} */
export const RECIPES = {
  paper: { about: 'the published settings', settings: {}, onTrouble: 'ignore' },
  quick: { about: 'your own pictures, in minutes', settings: { ...OURS, reuse_fake: 1 }, onTrouble: 'rollback' },
  best: {
    about: 'your own pictures, with patience',
    settings: { ...OURS, schedule: 'cosine', ema: 20000 },
    onTrouble: 'rollback',
  },
  dcgan: { about: 'the baseline as usually tuned', settings: { model: 'dcgan', lr: 0.0002 }, onTrouble: 'ignore' },
  'dcgan-published': { about: 'the baseline as published', settings: { model: 'dcgan' }, onTrouble: 'ignore' },
  'no-spectral': {
    about: 'ablation: plain discriminator',
    settings: { spectral_norm: 'none' },
    onTrouble: 'ignore',
  },
  'no-adain': { about: 'ablation: batch norm in the generator', settings: { adain: 0 }, onTrouble: 'ignore' },
};
