/* A patient's course: the arrow keys walk from one session number to the next; without them, Tab does. */
document.addEventListener("keydown", function (event) {
  "use strict";
  var step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  var link = event.target.closest && event.target.closest("svg.ch a");
  if (!step || !link || event.ctrlKey || event.altKey || event.metaKey) return;
  var all = Array.from(link.ownerSVGElement.querySelectorAll("a"));
  var next = all[all.indexOf(link) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
