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

  // What stands in the fields, and what the server holds: another tablet may fill the same draft. Only what differs is posted,
  // and what the other one wrote is put into the fields that this hand did not touch meanwhile.
  function typed() {
    var texts = {};
    var data = new FormData(form);
    Array.from(form.elements).forEach(function (field) {
      if (field.name && SECRET.indexOf(field.name) < 0 && ["hidden", "submit"].indexOf(field.type) < 0) {
        texts[field.name] = data.get(field.name) || "";
      }
    });
    return texts;
  }

  function held() {
    var texts = {};
    document.querySelectorAll("#start-values data").forEach(function (one) { texts[one.id.slice(4)] = one.value; });
    return texts;
  }

  function put(name, text) {
    form.querySelectorAll("[name=" + name + "]").forEach(write);
    document.querySelectorAll("[name=" + name + "][form]").forEach(write);
    function write(field) {
      if (field.type === "radio") field.checked = field.value === text;
      else if (field.type === "checkbox") field.checked = text !== "";
      else field.value = text;
    }
  }

  function body(texts) {
    var data = new FormData();
    var was = held();
    data.set("csrfmiddlewaretoken", shell.csrf());
    data.set("patient", form.elements.patient.value);
    data.set("work_out", "1");
    data.set("partial", "1");
    Object.keys(texts).forEach(function (name) {
      if (texts[name] !== (was[name] || "")) data.set(name, texts[name]);
    });
    return data;
  }

  function takeOver(sent) {
    var now = typed();
    var theirs = held();
    Object.keys(sent).forEach(function (name) {
      var text = theirs[name] || "";
      if (now[name] === sent[name] && now[name].trim() !== text) put(name, text);
    });
  }

  function say(text) {
    var state = document.getElementById("saved-state");
    state.classList.add("is-warning");
    state.textContent = text;
  }

  function send() {
    var texts = typed();
    return fetch(form.action, { method: "POST", body: body(texts), headers: { "X-Afterglow-Fragment": "1" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) return false;
      return answer.text().then(function (html) {
        shell.swap(html);
        takeOver(texts);
        count();
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

  // How many are answered is counted here too: without the network no answer of the server says it.
  function count() {
    var said = document.querySelector("[data-answered]");
    var asked = form.querySelectorAll(".ask").length;
    var answered = form.querySelectorAll(".ask input:checked").length;
    said.textContent = answered;
    if (answered < asked) return;
    document.querySelector("#start-count .step-no").classList.add("is-done");
  }

  document.addEventListener("change", function (event) {
    if (!isOurs(event.target)) return;
    count();
    later();
  });
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
