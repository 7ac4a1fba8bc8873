/* Refreshes #board every 15 s; older than 30 s it turns grey and says so. Without this script the page reloads itself. */
(function () {
  "use strict";
  var board = document.getElementById("board");
  var stale = document.getElementById("stale");
  var since = document.getElementById("stale-since");
  if (!board || !window.fetch) return;
  var last = Date.now();
  var busy = false;

  function mark() {
    var old = Date.now() - last > 30000;
    stale.hidden = !old;
    board.classList.toggle("is-stale", old);
    if (old) since.textContent = board.querySelector("[data-read-at]").dataset.readAt;
  }
  function refresh() {
    if (busy || document.hidden) return mark();
    busy = true;
    fetch(board.dataset.poll, { credentials: "same-origin", redirect: "error" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
      })
      .then(function (html) {
        var focused = document.activeElement && board.contains(document.activeElement)
          ? document.activeElement.getAttribute("href") : null;
        board.innerHTML = html;
        last = Date.now();
        var again = focused && board.querySelector('a[href="' + focused + '"]');
        if (again) again.focus();
        document.title = document.title.replace(/^\(!\) /, "");
        if (board.querySelector(".strip-high")) document.title = "(!) " + document.title;
      })
      .catch(function () {})
      .then(function () { busy = false; mark(); });
  }
  setInterval(refresh, 15000);
  setInterval(mark, 5000);
  document.addEventListener("visibilitychange", refresh);
})();
