/* eslint no-var: off */
/*
 * Says why the page does not start. This script is a classic one and old JavaScript, because it speaks where modules are
 * refused: from a file on disk, and in old browsers. The module web/page/main.js removes what it would show.
 */
(function () {
  var file = location.protocol === 'file:';
  function explain() {
    var box = document.getElementById('no-start');
    if (!box) return; // the page has started
    document.documentElement.className = file ? 'no-start from-file' : 'no-start not-loaded';
  }
  if (file) explain();
  else window.addEventListener('load', explain);
})();
