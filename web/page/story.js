/** One sentence of how the training goes, in plain words. */
import { byId, button } from './draw.js';
import { percent, t, tell, withUnit } from './words.js';

/** Pictures shown after which faces can be recognised: 811 photographs and 4,739 drawn faces, width 24, looked at. */
const FIRST_FACES = 20000;

export class Story {
  constructor() {
    /** @type {import('../../wasm/run/story.js').Story} */
    this.story = { state: 'begins' };
    /** What is told; the same is not told again, for those who hear it. */
    this.told = '';
    button('remedy').onclick = () => button(this.story.state === 'copies' ? 'project-new' : 'train-button').click();
  }

  clear() {
    this.story = { state: 'begins' };
    this.tell('', () => '');
  }

  /** @param {import('../../wasm/run/story.js').Story} story after the newest score */
  take(story) {
    this.story = story;
  }

  /** @param {string} state @param {() => string} text */
  tell(state, text) {
    if (state === this.told) return;
    this.told = state;
    tell(byId('train-story'), text);
  }

  /** @param {import('../../wasm/engine/trainer.js').Stats} stats @param {number} rate pictures a second; 0: at rest */
  show({ pictures_seen: seen }, rate) {
    const { story } = this;
    const { state } = story;
    // What the sentence advises, by one click.
    const remedy = state === 'enough' || state === 'copies';
    button('remedy').hidden = !remedy || rate === 0;
    if (remedy) tell(button('remedy'), () => t(`story.${state}-remedy`));
    if (state === 'copies') this.tell(state, () => t('story.copies', { share: percent(story.share) }));
    else if (state === 'enough') this.tell(state + story.step, () => t('story.enough', { step: story.step }));
    else if (seen >= FIRST_FACES) this.tell(state, () => t(`story.${state === 'begins' ? 'faces' : state}`));
    else if (rate > 0) {
      const minutes = Math.max(1, Math.ceil((FIRST_FACES - seen) / rate / 60));
      this.tell(`${minutes} minutes`, () => t('story.begins-in', { time: withUnit(minutes, 'minute') }));
    } else if (seen === 0) this.tell('begins', () => t('story.begins'));
  }
}
