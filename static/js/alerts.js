/* The alerts inbox: the polled list goes into its place without jumping while it is read, and single keys. */
(function () {
  "use strict";
  var list = document.getElementById("inbox-list");
  var items = document.getElementById("inbox-items");
  var news = document.getElementById("inbox-news");
  var offline = document.getElementById("inbox-offline");
  var words = window.afterglow.words;

  function fresh() { return document.getElementById("inbox-fresh"); }
  function keys(place) {
    return Array.from(place.querySelectorAll("[data-key]")).map(function (one) { return one.dataset.key; });
  }
  /* Somebody reads it: a finger or the focus is on it, or it is scrolled. */
  function isRead() {
    return items.matches(":hover") || items.contains(document.activeElement) || list.scrollTop > 0 || window.scrollY > 0;
  }
  function put() {
    var held = document.activeElement;
    var href = items.contains(held) ? held.getAttribute("href") : null;
    items.replaceChildren.apply(items, Array.from(fresh().cloneNode(true).childNodes));
    news.hidden = true;
    if (href) focusOn(items.querySelector("a[href=" + JSON.stringify(href) + "]") || items.querySelector("a[href]"));
  }
  function focusOn(link) { if (link) link.focus({ preventScroll: true }); }

  function merge() {
    var now = keys(fresh());
    var before = keys(items);
    var isSame = now.join() === before.join();
    head();
    if (isSame || !isRead()) return put();
    var isHigh = now.some(function (key) { return key.indexOf("high ") === 0 && before.indexOf(key) < 0; });
    news.textContent = isHigh ? news.dataset.high : news.dataset.changed;
    news.classList.toggle("btn-danger", isHigh);
    news.classList.toggle("btn-primary", !isHigh);
    news.hidden = false;
  }
  /* The counts and the title are never held back. */
  function head() {
    var said = fresh().dataset;
    document.getElementById("count-open").textContent = said.open;
    document.getElementById("count-mine").textContent = said.mine;
    document.querySelectorAll(".bar-nav [aria-current] .badge").forEach(function (badge) { badge.textContent = said.open; });
    document.querySelector("link[rel=icon]").href = said.icon;
    if (document.body.classList.contains("is-locked")) return;
    var error = document.title.indexOf(words.error + " ") === 0 ? words.error + " " : "";
    document.title = error + said.title + " · Afterglow";
  }
  document.addEventListener("afterglow:swapped", function (event) {
    if (event.detail.indexOf(fresh()) >= 0) merge();
  });
  news.addEventListener("click", function () {
    put();
    list.scrollTop = 0;
    window.scrollTo(0, 0);
    var first = items.querySelector("a[href]");
    if (first) first.focus();
  });

  /* --- without a network */

  function drawOffline() { offline.hidden = navigator.onLine; }
  addEventListener("offline", drawOffline);
  addEventListener("online", drawOffline);
  drawOffline();

  /* --- keys */

  function links() { return Array.from(items.querySelectorAll(".item h3 a")); }
  function move(step) {
    var all = links();
    var at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex(function (one) { return one.hasAttribute("aria-current"); });
    else at += step;
    var next = all[Math.max(0, Math.min(all.length - 1, at))];
    if (next) next.focus();
  }
  function take() {
    var form = document.getElementById("alert-take");
    var chosen = links().indexOf(document.activeElement) >= 0 ? document.activeElement : null;
    // The alert that stands open is taken, never another one that only has the focus.
    if (form && (!chosen || chosen.hasAttribute("aria-current"))) form.requestSubmit();
  }
  var deeds = { j: function () { move(1); }, k: function () { move(-1); }, t: take };
  window.afterglow.onKey(function (key) { return deeds[key]; });
  document.getElementById("inbox-keys").hidden = words.keys !== "on";

  var selected = items.querySelector(".is-selected");
  if (selected && list.scrollHeight > list.clientHeight) selected.scrollIntoView({ block: "nearest" });
})();
