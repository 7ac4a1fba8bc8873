/* The chair board: single keys, and a mark where an entry of this tablet has not been sent yet. */
(function () {
  "use strict";
  var help = document.getElementById("keys");
  var opener = document.getElementById("keys-open");

  function cards() { return Array.from(document.querySelectorAll("#board .chair")); }
  /* The chair in focus, or the one that calls, or the one whose reading is due first. */
  function chosen() {
    var focused = document.activeElement.closest && document.activeElement.closest("#board .chair");
    var first = document.getElementById("board").dataset.first;
    return focused || document.querySelector("#board .is-alarm") || document.getElementById("card-" + first)
      || document.querySelector("#board .chair:not(.is-free)");
  }
  function follow(link) { if (link) link.click(); }

  var keys = {
    v: function () { var card = chosen(); follow(card && card.querySelector("[data-vitals]")); },
    s: function () { var card = chosen(); follow(card && card.querySelector("[data-effect]")); },
    a: function () { follow(document.querySelector("#alarm-strip a[href]")); },
    "?": function () { document.getElementById("menu").open = false; help.showModal(); }
  };
  window.afterglow.onKey(function (key) {
    if (!/^[1-9]$/.test(key)) return keys[key];
    var card = cards()[Number(key) - 1];
    return function () { follow(card && card.querySelector("a[href]")); };
  });
  opener.hidden = false;
  opener.addEventListener("click", keys["?"]);

  /* How many entries of each session wait on this tablet. */
  var unsent = {};
  function draw() {
    cards().forEach(function (card) {
      var mark = card.querySelector("[data-unsent]");
      if (!mark) return;
      var count = unsent[card.dataset.session] || 0;
      mark.hidden = !count;
      mark.textContent = String(count);
    });
  }
  document.addEventListener("afterglow:waiting", function (event) { unsent = event.detail || {}; draw(); });
  document.addEventListener("afterglow:swapped", draw);
})();
