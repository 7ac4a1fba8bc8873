/* The discharge page: what the record proves is asked for again every few seconds, so that a later reading un-ticks a check
   and the link says when it was opened. Ticks go through the outbox and are kept without a network; a signature is not: it
   waits, and says so. Without this script every form posts and the page is read anew. */
(function () {
  "use strict";
  const page = document.getElementById("leaving");
  const POLL_MS = 5000;
  if (!page || !window.afterglow) return;

  async function refresh() {
    const answer = await fetch(page.dataset.live, { credentials: "same-origin", redirect: "error", headers: { "X-Afterglow-Fragment": "1" } });
    if (!answer.ok) return;
    const html = await answer.text();
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const isSigned = fresh.getElementById("leaving-state").dataset.signed === "yes";
    if (isSigned && !document.getElementById("signed")) {
      location.reload(); // somebody else signed: the page says who
      return;
    }
    put(fresh);
  }
  /* Only what differs is swapped: nothing moves under a finger, and nothing is said twice. */
  function put(fresh) {
    ["checks", "summary", "sign-left", "link-state"].forEach(function (id) {
      const now = document.getElementById(id);
      const next = fresh.getElementById(id);
      if (now && next && shown(now) !== shown(next)) window.afterglow.swap(next.outerHTML);
    });
  }
  function shown(part) {
    return Array.from(part.querySelectorAll("li, a, strong, span, p, b")).concat(part)
      .map(function (one) { return one.className + one.textContent; }).join("|");
  }
  function poll() {
    if (!document.hidden && navigator.onLine) refresh().catch(function () {});
  }

  /* --- the signature needs the network */

  const form = document.querySelector("#sign form");
  const waits = document.getElementById("sign-offline");
  function drawNetwork() {
    if (!waits) return;
    const isAway = !navigator.onLine;
    if (waits.hidden === !isAway) return;
    waits.hidden = !isAway;
    waits.textContent = isAway ? page.dataset.offline : "";
  }
  if (form) {
    form.addEventListener("submit", function (event) {
      if (navigator.onLine) return;
      event.preventDefault();
      drawNetwork();
      waits.tabIndex = -1;
      waits.focus();
    });
  }
  addEventListener("online", function () { drawNetwork(); poll(); });
  addEventListener("offline", drawNetwork);

  /* --- the minute in which a signature can be taken back */

  const undo = document.getElementById("undo");
  const left = document.getElementById("undo-left");
  function count() {
    const rest = Math.ceil(Number(undo.dataset.until) + 60 - window.afterglow.serverNow().getTime() / 1000);
    if (rest > 0) {
      left.textContent = page.dataset.left + " " + rest + " s";
      return;
    }
    if (undo.contains(document.activeElement)) document.getElementById("signed").focus();
    undo.remove();
    clearInterval(ticking);
  }
  let ticking = 0;
  if (undo) {
    ticking = setInterval(count, 1000);
    count();
  }

  drawNetwork();
  if (document.getElementById("sign") || document.querySelector("#link-state:not(:empty)")) setInterval(poll, POLL_MS);
  document.addEventListener("visibilitychange", poll);
})();
