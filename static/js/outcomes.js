/* The filter of the outcomes page: an analysis may take some seconds. What is on the page then belongs to the old filter: after one
   second it is dimmed, and the line under the heading says that the new one is being worked on. */
(function () {
  "use strict";
  var form = document.getElementById("filters");
  var main = document.getElementById("main");
  var SLOW_MS = 1000;
  if (!form) return;

  form.addEventListener("submit", function () {
    setTimeout(function () {
      document.getElementById("filters-say").textContent = form.dataset.working;
      main.classList.add("is-slow");
      main.setAttribute("aria-busy", "true");
    }, SLOW_MS);
  });

  // Back from the next page, the browser shows this one as it was left.
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    main.classList.remove("is-slow");
    main.removeAttribute("aria-busy");
  });
})();
