/* eslint no-var: off, no-unused-vars: ['error', { caughtErrors: 'none' }] */
/*
 * Runs before the page is seen: it chooses the language, and says why the page does not start. This script is a classic one
 * and old JavaScript, because it speaks where modules are refused: from a file on disk, and in old browsers. The module
 * web/page/main.js removes what it would show.
 */
(function () {
  var root = document.documentElement;
  var known = (root.getAttribute('data-languages') || 'en').split(' ');
  /** @type {string[]} */
  var wished = [(/[?&]lang=([\w-]+)/.exec(location.search) || [])[1]];
  try {
    wished.push(localStorage.getItem('ssdgan-language') || '');
  } catch (error) {
    // Nothing is kept here.
  }
  wished = wished.concat(navigator.languages || navigator.language).filter(Boolean);
  // The page's own language comes last: it is there without a wish.
  wished.push(root.lang);
  var language = '';
  for (var i = 0; i < wished.length && !language; i++) {
    var name = String(wished[i]);
    var plain = name.split('-')[0];
    if (known.indexOf(name) >= 0) language = name;
    else if (known.indexOf(plain) >= 0) language = plain;
  }
  // The page has English words until those of another language have come: it is not shown meanwhile.
  if (language !== root.lang) root.className = 'waits';
  root.lang = language;

  // Who has been here before gets a card to continue with (web/page/projects-panel.js): its room is there at once.
  try {
    var room = localStorage.getItem('ssdgan-continue');
    if (room && location.protocol !== 'file:') {
      root.style.setProperty('--continue', room);
      root.classList.add('returns');
    }
  } catch (error) {
    // Nothing is kept here.
  }

  var file = location.protocol === 'file:';
  function explain() {
    var box = document.getElementById('no-start');
    if (!box) return; // the page has started
    var own = box.querySelector('[lang="' + language + '"]');
    var all = own ? box.querySelectorAll('[lang]') : [];
    for (var k = 0; k < all.length; k++) {
      if (all[k].getAttribute('lang') !== language) all[k].setAttribute('hidden', '');
    }
    root.className = file ? 'no-start from-file' : 'no-start not-loaded';
  }
  if (file) document.addEventListener('DOMContentLoaded', explain);
  else window.addEventListener('load', explain);
})();
