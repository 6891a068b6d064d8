/**
 * The settings of a training: what the engine's table says of each becomes a control. It shows the value that will be used:
 * the user's, else the recipe's; or, while there is a training, that training's.
 */
import { button, byId } from './draw.js';
import { make } from './make.js';
import { onWords, setLabels, settingWords, t } from './words.js';

/** @typedef {import('../../wasm/module/heap.js').ConfigField} Field */
/** @typedef {{name: string, about: string, comparison: boolean, settings: Record<string, number | string>}} Recipe */
/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

/** A step at 256 pixels takes 16 times as long as one at 64: no size for a browser tab. */
const MAX_SIZE = 128;

/** The controls of the length (how-long.js). */
const LENGTH = ['minutes', 'epochs'];

/** @param {string} text @returns {string} */
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** @param {Field} field @param {string | number} value of that type, or text of a file's metadata @returns {string | number} */
const parsed = ({ type }, value) => (type === 'choice' ? value : Number(value));

/** @param {Field} field @param {string | number} value @returns {string} */
const shown = ({ type, name }, value) => {
  if (type === 'flag') return t(value ? 'settings.on' : 'settings.off');
  return type === 'choice' ? settingWords(`${name}.${value}`, String(value)) : String(value);
};

/** @param {Field} field @returns {string} */
const labelOf = ({ name, label }) => settingWords(`${name}.label`, label);

export class SettingsForm {
  /** @param {HTMLFormElement} form @param {URLSearchParams} options width: of both networks, for tests and slow machines */
  constructor(form, options) {
    this.form = form;
    /** @type {Field[]} */
    this.fields = [];
    /** @type {Recipe[]} */
    this.recipes = [];
    /** @type {Map<string, string | number>} what the user has chosen otherwise than the recipe */
    this.chosen = new Map();
    if (options.has('width')) {
      this.chosen.set('width', Number(options.get('width')));
      this.chosen.set('width_d', 0); // as wide as the generator
    }
    /** A training has them. */
    this.isLocked = false;
    /** How many settings are not the recipe's. */
    this.changed = 0;
    /** @type {Record<string, string | number> | null} the settings of the training that there is */
    this.fixed = null;
    // While it is typed, not after: then nothing moves under the next click.
    form.addEventListener('input', ({ target }) => this.take(/** @type {Control} */ (target)));
    // A control that the browser complains about must be seen.
    form.addEventListener('invalid', ({ target }) => this.reveal(/** @type {Control} */ (target)), true);
    button('recipe-values').onclick = () => {
      for (const name of this.chosen.keys()) if (name !== 'image_size') this.chosen.delete(name);
      this.show();
      form.dispatchEvent(new Event('change'));
    };
  }

  /** @param {string} name @returns {Control} */
  control(name) {
    return /** @type {Control} */ (this.form.elements.namedItem(name));
  }

  /** @returns {Recipe | undefined} */
  get recipe() {
    return this.recipes.find(({ name }) => name === this.control('recipe').value);
  }

  /** The recipe's value of a setting. @param {Field} field @returns {string | number} */
  usual(field) {
    const otherwise = field.type === 'choice' ? field.choices[field.default] : field.default;
    return this.recipe?.settings[field.name] ?? otherwise;
  }

  /** What a training has, or would have if it began now. @param {string} name @returns {string | number} */
  value(name) {
    const field = this.fields.find((f) => f.name === name);
    if (!field) return this.control(name)?.value;
    return parsed(field, this.fixed?.[name] ?? this.chosen.get(name) ?? this.usual(field));
  }

  /** @param {Record<string, string | number | undefined>} values of a project that is not trained yet */
  choose(values) {
    for (const field of this.fields) {
      const value = values[field.name];
      if (value !== undefined && value !== this.usual(field)) this.chosen.set(field.name, value);
    }
    this.show();
  }

  /** @returns {Record<string, string | number>} what the user has chosen; all else is the recipe's */
  config() {
    return Object.fromEntries(this.chosen);
  }

  /** The first setting that a model from elsewhere would decide otherwise. @param {Record<string, string>} metadata @returns {string | null} what it must be */
  conflict(metadata) {
    const decides = (/** @type {Field} */ f) =>
      f.network && f.group !== 'discriminator' && metadata[f.name] !== undefined;
    const field = this.fields.find((f) => decides(f) && parsed(f, metadata[f.name]) !== this.value(f.name));
    return field ? `${labelOf(field)} ${shown(field, parsed(field, metadata[field.name]))}` : null;
  }

  /** The engine's settings and recipes, once it is there. @param {import('../../wasm/module/heap.js').Description} describe @param {Recipe[]} recipes */
  offer({ config, groups }, recipes) {
    const selected = this.control('recipe').value;
    const putBack = this.kept();
    if (!this.recipes.length) onWords(() => this.offer(/** @type {any} */ ({ config, groups }), recipes));
    this.recipes = recipes;
    setLabels(config);
    this.fields = config;
    const entry = (/** @type {Recipe} */ { name, about }) =>
      new Option(t('train.recipe-is', { name, about: settingWords(`recipe.${name}`, about) }), name);
    const comparison = make('optgroup', { label: t('train.for-comparison') });
    comparison.append(...recipes.filter((recipe) => recipe.comparison).map(entry));
    this.control('recipe').replaceChildren(...recipes.filter((recipe) => !recipe.comparison).map(entry), comparison);
    this.control('recipe').value = selected;

    const sizes = this.fields.find(({ name }) => name === 'image_size')?.choices ?? [];
    const offered = sizes.filter((size) => Number(size) <= MAX_SIZE);
    this.control('image_size').replaceChildren(...offered.map((size) => new Option(`${size} × ${size}`, size)));
    const rest = this.fields.filter(({ name }) => name !== 'image_size');
    byId('basic-settings').replaceChildren(...rest.filter(({ basic }) => basic).map((field) => this.row(field)));
    const sections = groups.map((group) => {
      const rows = rest.filter((field) => !field.basic && field.group === group).map((field) => this.row(field));
      return make(
        'details',
        {},
        make('summary', { textContent: capital(settingWords(`group.${group}`, group)) }),
        ...rows,
      );
    });
    byId('other-settings').replaceChildren(...sections);
    const { isLocked } = this;
    this.show();
    this.lock(isLocked); // other words unlock nothing
    putBack();
  }

  /** Other words make the form anew: what is open, what has the focus, and values that cannot be stay. @returns {() => void} puts them back */
  kept() {
    const controls = /** @type {Control[]} */ ([...this.form.elements].filter((control) => 'validity' in control));
    const wrong = controls.filter(({ validity }) => !validity.valid).map(({ name, value }) => ({ name, value }));
    const open = [...this.form.querySelectorAll('details')].map((box) => box.open);
    const focused = controls.find((control) => control === document.activeElement)?.name;
    return () => {
      this.form.querySelectorAll('details').forEach((box, i) => (box.open = open[i] ?? false));
      for (const { name, value } of wrong) this.control(name).value = value;
      if (focused) this.control(focused).focus();
    };
  }

  /** @param {Field} field */
  row(field) {
    const { name, type, min, max, choices } = field;
    const label = labelOf(field);
    const unit = settingWords(`${name}.unit`, field.unit);
    const help = settingWords(`${name}.help`, field.help);
    const id = `setting-${name}`;
    const properties = { id, name };
    const control =
      type === 'flag'
        ? make('input', { ...properties, type: 'checkbox' })
        : type === 'choice'
          ? make('select', properties, ...choices.map((choice) => new Option(shown(field, choice), choice)))
          : make('input', {
              ...properties,
              type: 'number',
              min: String(min),
              max: String(max),
              step: type === 'int' ? '1' : 'any',
              required: true,
            });
    control.setAttribute('aria-describedby', `${id}-help`);
    const title = make(
      'label',
      { htmlFor: id, textContent: capital(label) },
      unit && !label.includes(unit) ? ` (${unit})` : '',
    );
    const about = make('p', { id: `${id}-help` }, `${capital(help)}. `, make('span', { className: 'usual' }));
    return make('div', { className: 'setting' }, title, control, about);
  }

  /** @param {Control} control the user has changed it */
  take(control) {
    if (LENGTH.includes(control.name)) return;
    const field = this.fields.find(({ name }) => name === control.name);
    if (field && control.checkValidity()) {
      const value = parsed(
        field,
        'checked' in control && field.type === 'flag' ? Number(control.checked) : control.value,
      );
      if (value === this.usual(field)) this.chosen.delete(field.name);
      else this.chosen.set(field.name, value);
    }
    this.show(control);
    this.lock(false);
  }

  /** The values, and which are not the recipe's. @param {Control | null} typed is left as the user types it */
  show(typed = null) {
    this.changed = 0;
    for (const field of this.fields) {
      const control = this.control(field.name);
      const value = this.value(field.name);
      const usual = this.usual(field);
      if (field.type === 'flag') /** @type {HTMLInputElement} */ (control).checked = Boolean(value);
      else if (control !== typed) {
        if (control instanceof HTMLSelectElement && ![...control.options].some((o) => o.value === String(value)))
          control.append(new Option(String(value)));
        control.value = String(value);
      }
      const row = control.closest('.setting');
      if (!row) continue;
      row.classList.toggle('changed', value !== usual);
      /** @type {HTMLElement} */ (row.querySelector('.usual')).textContent =
        value === usual ? '' : t('settings.usual', { value: shown(field, usual) });
      if (value !== usual) this.changed++;
    }
    byId('changed-count').textContent = this.changed ? ` ${t('settings.changed', { n: this.changed })}` : '';
  }

  /** @param {boolean} locked there is a training: only its length may change */
  lock(locked) {
    this.isLocked = locked;
    for (const field of this.form.elements) {
      const control = /** @type {Control} */ (field);
      if (!LENGTH.includes(control.name)) control.disabled = locked;
    }
    button('recipe-values').disabled = locked || !this.changed;
  }

  /** Opens what hides a control. @param {Element} control */
  reveal(control) {
    for (let box = control.closest('details'); box; box = box.parentElement?.closest('details') ?? null)
      box.open = true;
  }
}
