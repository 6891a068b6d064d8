/** The documents hold together: links lead somewhere, and the code cites sections of docs/method.md that exist. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = ['docs', 'examples', 'packages', 'include', 'src', 'wasm', 'web', 'tests', 'scripts'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true }).map((file) => join(folder, String(file))),
)
  .concat(readdirSync(ROOT).filter((file) => file.endsWith('.md')))
  .filter((file) => !file.includes('node_modules'));
/** @param {string} file */
const read = (file) => readFileSync(join(ROOT, file), 'utf8');

/** @param {string} heading @returns {string} its anchor on GitHub */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');

/** @param {string} text */
const anchors = (text) => [...text.matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1]));

/** @param {string} from file that holds the link @param {string} link @returns {boolean} */
function leadsSomewhere(from, link) {
  const [path, anchor] = link.split('#');
  const file = path ? join(dirname(from), path) : from;
  if (!existsSync(join(ROOT, file))) return false;
  return !anchor || anchors(read(file)).includes(anchor);
}

test('every relative link in a document leads to a file, and to a heading where it names one', () => {
  for (const file of files.filter((name) => name.endsWith('.md')))
    for (const [, link] of read(file).matchAll(/\]\(([^)\s]+)\)/g))
      if (!/^https?:/.test(link)) assert.ok(leadsSomewhere(file, link), `${file}: ${link}`);
  assert.ok(!leadsSomewhere('README.md', 'docs/nothing.md') && !leadsSomewhere('README.md', 'docs/method.md#nothing'));
});

test('every file that a document names is there', () => {
  const rooms = 'src|include|wasm|web|tests|scripts|docs|examples|packages|experiments';
  const named = new RegExp(`\`((?:${rooms})/[\\w./{},*-]*)\``, 'g');
  let count = 0;
  for (const file of files.filter((name) => name.endsWith('.md')))
    for (const [, path] of read(file)
      .replace(/^ *```[^]*?^ *```$/gm, '')
      .matchAll(named)) {
      // NAME stands for any name, and so does a star; {c,h} is both.
      const place = path.includes('*') || /\b[A-Z]{4,}\b/.test(path) ? dirname(path) : path;
      const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(place) ?? [place, place, '', ''];
      for (const choice of choices.split(',')) {
        const name = `${before}${choice}${after}`;
        assert.ok(existsSync(join(ROOT, name)) || existsSync(join(ROOT, 'docs', name)), `${file}: ${name}`);
        count++;
      }
    }
  assert.ok(count > 80, String(count));
});

test('every section of docs/method.md that the code cites is there', () => {
  const sections = [...read('docs/method.md').matchAll(/^## (\d) /gm)].map((match) => match[1]);
  const cited = files
    .filter((file) => /\.(c|h|js|py|txt|md)$/.test(file))
    .flatMap((file) => [...read(file).matchAll(/docs\/method\.md, section (\d)/g)].map((match) => [file, match[1]]));
  assert.ok(cited.length > 10, 'the code cites the method');
  for (const [file, section] of cited) assert.ok(sections.includes(section), `${file} cites section ${section}`);
});
