/* The start gate: each answer is kept as a draft as soon as it is given, and the server answers with the parts that follow from
   it (the sum, what stops, when to measure again). Nothing is worked out here. A start needs the network: the draft is saved
   first, and when that fails the page says so and nothing that was typed is lost. */
(function () {
  "use strict";
  var form = document.getElementById("start-form");
  var shell = window.afterglow;
  if (!form || !shell) return;
  var SECRET = ["second_pin", "second_password", "prescriber_pin", "prescriber_password"];
  var WAIT_MS = 300;
  var timer = 0;
  var last = Promise.resolve();
  var isSaved = false;

  function body() {
    var data = new FormData(form);
    SECRET.forEach(function (name) { data.delete(name); });
    data.set("csrfmiddlewaretoken", shell.csrf());
    data.set("work_out", "1");
    return data;
  }

  function say(text) {
    var state = document.getElementById("saved-state");
    state.classList.add("is-warning");
    state.textContent = text;
  }

  function send() {
    return fetch(form.action, { method: "POST", body: body(), headers: { "X-Afterglow-Fragment": "1" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) return false;
      return answer.text().then(function (html) {
        shell.swap(html);
        tick();
        return true;
      });
    });
  }

  // One after the other: an answer that overtakes another would show an older sum.
  function save() {
    clearTimeout(timer);
    timer = 0;
    last = last.catch(function () { /* the next one tries again */ }).then(send);
    shell.busy(document.getElementById("start-sum"), last.catch(function () { /* said below */ }));
    last.catch(function () { say(form.dataset.offline); });
    return last;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  }

  function isOurs(field) {
    return field.form === form && SECRET.indexOf(field.name) < 0;
  }

  document.addEventListener("change", function (event) { if (isOurs(event.target)) later(); });
  // A number is followed while it is typed: the sum stands there before the hand has left the field.
  document.addEventListener("input", function (event) {
    if (isOurs(event.target) && event.target.name === "weight_kg") later();
  });
  window.addEventListener("online", save);

  form.addEventListener("submit", function (event) {
    var name = event.submitter ? event.submitter.name : "work_out";
    if (isSaved) return;
    event.preventDefault();
    if (name === "work_out") { save(); return; }
    save().then(function () {
      isSaved = true;
      form.requestSubmit(form.querySelector("button[name=" + name + "]"));
      isSaved = false;
    }, function () {
      var problem = document.getElementById("start-offline");
      problem.hidden = false;
      problem.focus();
    });
  });

  function tick() {
    document.querySelectorAll("[data-again]").forEach(function (one) {
      var left = (new Date(one.dataset.again) - shell.serverNow()) / 60000;
      var words = left > 0 ? one.dataset.left.replace("%s", Math.ceil(left) + "\u00a0min") : one.dataset.now;
      if (one.textContent !== words) one.textContent = words;
    });
  }
  setInterval(tick, 1000);
  tick();
})();
