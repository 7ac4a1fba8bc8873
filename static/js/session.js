/* The live session: the number pad, side effects in two taps, the band's clock, and the parts that the server redraws.
   Sending and keeping entries is outbox.js; toasts and swapping are shell.js. Everything here also works as plain forms. */
(function () {
  "use strict";
  var shell = window.afterglow;
  var POLL_MS = 15000;
  var PAD_MS = 1500;
  var REST_MS = 700;
  var ORDER = ["systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas"];
  var byId = document.getElementById.bind(document);
  var form = function () { return byId("reading-form"); };

  function facts() { return byId("live-facts").dataset; }
  function read() { return JSON.parse(facts().facts); }

  function isQuestioned() { return !!document.querySelector("#question .question"); }

  /* --- the pad */

  var active = null; // the field that the keypad writes into

  function vitals() { return Array.from(document.querySelectorAll("#reading-form .vital input")); }
  function signOf(field) { return field.name; }
  function awake() { return document.querySelectorAll("#reading-form input[name=moaas]"); }

  /* How many digits a value has when no further digit could be meant. */
  function isComplete(sign, text) {
    var first = text.charAt(0);
    var long = { systolic: "12", heart_rate: "12", diastolic: "1", spo2: "1" }[sign];
    if (long !== undefined) return text.length >= (long.indexOf(first) >= 0 ? 3 : 2);
    if (sign === "respiratory_rate") return text.length >= ("12345".indexOf(first) >= 0 ? 2 : 1);
    return false; // pain: 1 may become 10
  }
  function toAwake() {
    var chosen = Array.from(awake()).find(function (one) { return one.checked; }) || awake()[0];
    active = null;
    chosen.focus({ preventScroll: true });
  }
  function focusOn(field) {
    active = field;
    field.focus({ preventScroll: true });
    if (field.select) field.setSelectionRange(field.value.length, field.value.length);
  }
  /* The field after this one; pain is optional and is reached by Next or a tap, never by itself. */
  function after(field, step) {
    var all = vitals();
    var next = all[all.indexOf(field) + step];
    if (step > 0 && next && next.name === "pain" && !isAsked) next = null;
    return next;
  }
  var isAsked = false; // true while Next was pressed, false when a field was simply full
  function goNext(field, asked) {
    isAsked = asked;
    var next = after(field, 1);
    if (next) focusOn(next); else toAwake();
  }
  function goBack(field) {
    var before = after(field, -1);
    if (before) focusOn(before);
  }
  function typed(field) {
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function current() {
    var here = document.activeElement;
    if (here && here.closest && here.closest("#reading-form .vital")) return here;
    if (here && here.name === "moaas") return null;
    return active || vitals()[0];
  }
  function press(digit) {
    var field = current();
    if (!field) {
      var level = Array.from(awake()).find(function (one) { return one.value === digit; });
      if (level) { level.checked = true; level.focus({ preventScroll: true }); }
      return;
    }
    if (document.activeElement !== field) focusOn(field);
    var start = field.selectionStart, end = field.selectionEnd;
    field.value = field.value.slice(0, start) + digit + field.value.slice(end);
    field.setSelectionRange(start + 1, start + 1);
    typed(field);
  }
  function rubOut() {
    var field = current();
    if (!field) {
      var chosen = Array.from(awake()).find(function (one) { return one.checked; });
      if (chosen) { chosen.checked = false; return; }
      return focusOn(vitals()[4]);
    }
    if (field.value === "") return goBack(field);
    field.value = field.value.slice(0, -1);
    focusOn(field);
    clearWrong(field);
  }

  document.addEventListener("pointerdown", function (event) {
    if (event.target.closest("#keypad .key")) event.preventDefault(); // the field keeps the focus
  });
  document.addEventListener("click", function (event) {
    var key = event.target.closest("#keypad .key");
    if (!key) return;
    if (key.dataset.digit) press(key.dataset.digit);
    else if ("back" in key.dataset) rubOut();
    else { var here = current(); if (here) goNext(here, true); else byId("save-reading").focus(); }
  });
  document.addEventListener("input", function (event) {
    var field = event.target;
    if (!field.closest || !field.closest("#reading-form")) return;
    if (field.closest(".vital")) {
      active = field;
      clearWrong(field);
      if (isComplete(signOf(field), field.value) && field.selectionEnd === field.value.length) goNext(field, false);
    }
    closeJump();
  });
  document.addEventListener("focusin", function (event) {
    if (event.target.closest("#reading-form .vital")) active = event.target;
  });
  document.addEventListener("keydown", function (event) {
    var field = event.target;
    if (event.altKey && /^[1-9]$/.test(event.key)) {
      var tab = document.querySelectorAll(".bar-tabs a")[Number(event.key) - 1];
      if (tab) { event.preventDefault(); tab.click(); }
      return;
    }
    if (!field.closest || !field.closest("#reading-form")) return;
    if (field.name === "moaas" && /^[0-5]$/.test(event.key)) {
      event.preventDefault();
      return press(event.key);
    }
    if (event.key === "Backspace" && field.closest(".vital") && field.value === "") {
      event.preventDefault();
      return goBack(field);
    }
    if (event.key !== "Enter" || field.tagName === "BUTTON" || field.tagName === "A" || field.tagName === "SUMMARY") return;
    event.preventDefault(); // Enter is Next; on the last field it saves
    if (field.closest(".vital")) return goNext(field, true);
    if (field.name === "moaas") return byId("save-reading").focus();
    form().requestSubmit(byId("save-reading"));
  });

  /* --- when it was taken */

  var minutesBack = 0;

  function clinicClock(at) {
    return new Date(at.getTime() + shell.offsetAt(at.getTime()) * 60000).toISOString().slice(0, 16).replace("T", " ");
  }
  function takenField() { return form() && form().elements.taken_at; }
  function showTaken() {
    var clock = byId("taken-clock");
    if (!clock) return;
    var at = new Date(shell.serverNow().getTime() - minutesBack * 60000);
    clock.textContent = clinicClock(at).slice(11);
    byId("taken-now").hidden = minutesBack > 0;
    // A correction keeps its own time until somebody changes it.
    if (form().dataset.queue) takenField().value = minutesBack ? clinicClock(at) : "";
  }
  document.addEventListener("click", function (event) {
    if (event.target.closest("#minus-minute")) {
      minutesBack += 1;
      showTaken();
    } else if (event.target.closest("#change-time")) {
      openTime(!byId("taken").classList.contains("is-typed"));
    }
  });
  function openTime(isOpen) {
    var box = byId("taken");
    if (!box) return;
    box.classList.toggle("is-typed", isOpen);
    byId("change-time").setAttribute("aria-expanded", String(isOpen));
    if (isOpen) {
      if (!takenField().value) takenField().value = byId("taken-clock").textContent;
      takenField().focus();
      takenField().select();
    } else { minutesBack = 0; showTaken(); }
  }

  /* --- refused, or asked, before anything is sent */

  function clearWrong(field) {
    field.removeAttribute("aria-invalid");
    field.closest(".vital").classList.remove("is-error");
    var words = byId(field.id + "_error");
    if (words) words.remove();
    if (!form().querySelector("[aria-invalid]")) dropSummary();
  }
  function dropSummary() {
    document.querySelectorAll("#new-reading .error-summary").forEach(function (one) { one.remove(); });
    document.title = document.title.replace(errorTitle(), "");
  }
  function valueOf(field) {
    var text = field.value.trim().replace(",", ".");
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
  }
  /* What cannot be true is refused here as the server would, so that it is also refused without a network. */
  function wrongs() {
    var signs = read().signs, found = [], words = facts();
    vitals().forEach(function (field) {
      var sign = signs[signOf(field)], text = field.value.trim();
      if (!text) return;
      var value = valueOf(field);
      var message = value === null ? words.notNumber : value < sign.low || value > sign.high ? words.range : "";
      if (message) found.push([field, message.replace("{field}", sign.name).replace("{limit}", sign.low + "–" + sign.high).replace("{value}", text)]);
    });
    var high = form().elements.systolic, low = form().elements.diastolic;
    if (!found.length && high.value && low.value && valueOf(low) >= valueOf(high)) {
      found.push([low, words.order.replace("{limit}", high.value).replace("{value}", low.value)]);
    }
    var isEmpty = !Array.from(form().elements).some(function (one) {
      return one.name in signs && (one.type === "radio" ? one.checked : one.value.trim());
    });
    if (isEmpty) found.push([vitals()[0], words.nothing]);
    return found;
  }
  function showWrong() {
    dropErrors();
    var found = wrongs();
    if (!found.length) return false;
    var box = byId("error-words").content.firstElementChild.cloneNode(true), list = box.querySelector("ul");
    found.forEach(function (one) {
      var item = document.createElement("li"), link = document.createElement("a"), said = document.createElement("p"), hidden = document.createElement("span");
      link.href = "#" + one[0].id;
      link.textContent = one[1];
      item.append(link);
      list.append(item);
      hidden.className = "vh";
      hidden.textContent = errorTitle();
      said.className = "error-text";
      said.id = one[0].id + "_error";
      said.append(hidden, one[1]);
      byId("vital-errors").append(said);
      one[0].setAttribute("aria-invalid", "true");
      one[0].setAttribute("aria-describedby", said.id);
      one[0].closest(".vital").classList.add("is-error");
    });
    byId("pad-errors").append(box);
    document.title = errorTitle() + document.title;
    box.focus();
    return true;
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("#new-reading .error-summary a");
    if (!link) return;
    event.preventDefault();
    focusOn(byId(link.getAttribute("href").slice(1)));
  });
  function closeJump() {
    var jump = byId("jump");
    if (!jump || jump.hidden) return;
    jump.hidden = true;
    byId("new-reading").classList.remove("is-asking");
  }
  /* Signs that changed too much to be saved without a look, unless an alarm goes out anyway. */
  function jumps() {
    var signs = read().signs, found = [], isLoud = false;
    vitals().forEach(function (field) {
      var sign = signs[signOf(field)], value = valueOf(field);
      if (!sign || value === null) return;
      if ((sign.quietLow !== null && value <= sign.quietLow) || (sign.quietHigh !== null && value >= sign.quietHigh)) isLoud = true;
      if (sign.jump === null || sign.last === null || Math.abs(value - sign.last) <= sign.jump) return;
      found.push({ field: field, sign: sign, change: value - sign.last });
    });
    return isLoud ? [] : found;
  }
  function askJump(found) {
    var words = byId("jump-text").dataset.text;
    byId("jump-text").textContent = found.map(function (one) {
      var minutes = Math.max(0, Math.floor((shell.serverNow() - one.sign.lastAt) / 60000));
      return words.replace("{sign}", one.sign.name).replace("{before}", one.sign.last).replace("{minutes}", minutes)
        .replace("{change}", (one.change > 0 ? "+" : "−") + Math.abs(one.change));
    }).join(" ");
    byId("jump-no").href = "#" + found[0].field.id;
    byId("jump").hidden = false;
    byId("new-reading").classList.add("is-asking");
    byId("jump-no").focus();
  }
  window.addEventListener("submit", function (event) {
    if (event.target !== form() || !form().dataset.queue) return;
    if (sentPad) { // a finger that bounced: the figures are on their way
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    if (showWrong()) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    var isAnswered = event.submitter && event.submitter.id === "jump-yes";
    var found = isAnswered ? [] : jumps();
    if (found.length) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return askJump(found);
    }
    var asked = form().querySelector("input[type=hidden][name=asked]");
    if (!asked) {
      asked = document.createElement("input");
      asked.type = "hidden";
      asked.name = "asked";
      form().append(asked);
    }
    asked.value = "1";
  }, true);
  document.addEventListener("click", function (event) {
    var no = event.target.closest("#jump-no");
    if (!no) return;
    event.preventDefault();
    var field = byId(no.getAttribute("href").slice(1));
    closeJump();
    focusOn(field);
    field.select();
  });

  /* --- what the outbox says */

  function isOurs(entry) { return entry && String(entry.session) === facts().session; }
  var sentPad = null; // the key of the reading that is under way, while its figures still stand in the pad
  var padTimer = 0;

  function emptyPad() {
    var pad = form();
    clearTimeout(padTimer);
    sentPad = null;
    if (!pad) return;
    pad.reset();
    pad.elements.write_key.value = crypto.randomUUID();
    var asked = pad.querySelector("input[type=hidden][name=asked]");
    if (asked) asked.remove();
    closeJump();
    openTime(false);
    dropErrors();
    if (!isQuestioned()) focusOn(vitals()[0]);
  }
  function dropErrors() {
    vitals().forEach(clearWrong);
    dropSummary();
  }
  function errorTitle() { return facts().error + " "; }
  function momentOf(entry) {
    var given = entry.fields.taken_at && new Date(entry.fields.taken_at);
    return given && !isNaN(given) ? given : new Date(entry.takenAt);
  }
  /* Hollow marks on the chart until the server draws the reading itself. */
  var MARKS = [["systolic", "pressure", "M-4 -3.5 4 -3.5 0 3.5Z"], ["diastolic", "pressure", "M-4 3.5 4 3.5 0 -3.5Z"],
    ["heart_rate", "pressure", "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z"], ["spo2", "spo2", "M-4 0 0 -4 4 0 0 4Z"]];
  var unsent = [];
  function drawUnsent() {
    document.querySelectorAll("#chart .ch-unsent").forEach(function (one) { one.remove(); });
    var svg = document.querySelector("#chart svg"), scale = svg && svg.dataset.scale && JSON.parse(svg.dataset.scale);
    if (!scale) return;
    unsent.forEach(function (entry) {
      if (entry.kind !== "reading" || !isOurs(entry) || entry.refused) return;
      var x = scale.x[0] + scale.x[1] * (momentOf(entry) - read().t0) / 60000;
      MARKS.forEach(function (mark) {
        var value = Number(entry.fields[mark[0]]);
        if (!entry.fields[mark[0]] || !isFinite(value)) return;
        var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("d", mark[2]);
        path.setAttribute("transform", "translate(" + x + " " + (scale[mark[1]][0] + scale[mark[1]][1] * value) + ")");
        path.setAttribute("class", "ch-unsent");
        svg.append(path);
      });
    });
  }
  function remember(entry) {
    var all = read(), at = momentOf(entry).getTime();
    Object.keys(all.signs).forEach(function (sign) {
      var text = entry.fields[sign];
      if (!text || (all.signs[sign].lastAt || 0) > at) return;
      all.signs[sign].last = Number(text);
      all.signs[sign].lastAt = at;
    });
    byId("live-facts").dataset.facts = JSON.stringify(all);
    showWas();
  }
  function showWas() {
    var signs = read().signs;
    Object.keys(signs).forEach(function (sign) {
      var was = byId("was-" + sign);
      if (was) was.textContent = signs[sign].last === null ? "" : facts().was.replace("{value}", signs[sign].last);
    });
  }
  document.addEventListener("afterglow:outbox", function (event) {
    unsent = event.detail.entries;
    drawUnsent();
  });
  document.addEventListener("afterglow:queued", function (event) {
    var entry = event.detail.entry;
    if (!isOurs(entry)) return;
    if (entry.kind === "reading") {
      sentPad = entry.uuid; // a refusal must find its figures; after a moment the pad is free anyway
      padTimer = setTimeout(emptyPad, PAD_MS);
    }
    closeDeeds();
  });
  document.addEventListener("afterglow:unsent", function (event) {
    var entry = event.detail.entry;
    if (!isOurs(entry)) return;
    if (entry.kind === "reading") remember(entry);
    if (entry.uuid === sentPad) emptyPad();
  });
  document.addEventListener("afterglow:sent", function (event) {
    var entry = event.detail.entry;
    if (!isOurs(entry)) return;
    if (entry.uuid === sentPad) emptyPad();
    if (event.detail.html) take(event.detail.html, true);
  });
  document.addEventListener("afterglow:refused", function (event) {
    var entry = event.detail.entry;
    if (!isOurs(entry) || !event.detail.html) return;
    if (entry.kind === "reading" && entry.uuid !== sentPad) return;
    clearTimeout(padTimer);
    sentPad = null;
    refusedPart(event.detail.html);
  });

  /* --- the server's parts */

  function say() {
    var said = facts();
    if (!said.said) return;
    var more = {};
    if (said.undoUrl) more.undoForm = undoForm(said);
    if (said.timeUrl) { more.linkText = said.time; more.linkHref = said.timeUrl; }
    shell.toast(said.said, more);
    ["said", "undoUrl", "timeUrl"].forEach(function (name) { delete said[name]; });
  }
  function undoForm(said) {
    var undo = document.createElement("form");
    undo.method = "post";
    undo.action = said.undoUrl;
    undo.dataset.queue = "strike";
    undo.dataset.session = said.session;
    undo.dataset.label = byId("shell").dataset.undo + ": " + said.said;
    shell.hide(undo, { write_key: said.undoKey, reason: said.undoReason });
    return undo;
  }
  /* A part somebody is working in waits: an open form, a half-typed word. */
  function isInUse(part) {
    if (part.querySelector("details.deed[open], details.disclosure[open] form")) return true;
    var here = document.activeElement;
    return part.contains(here) && /^(INPUT|SELECT|TEXTAREA)$/.test(here.tagName);
  }
  function take(html, isOwn) {
    var given = document.createElement("template");
    given.innerHTML = html;
    var wasOpen = facts().open;
    if (!isOwn) {
      Array.from(given.content.children).forEach(function (fresh) {
        var old = byId(fresh.id);
        if (old && fresh.id !== "live-facts" && isInUse(old)) fresh.remove();
      });
    }
    var panel = openPanel();
    var held = document.activeElement.closest(".panels > section");
    shell.swap(given.innerHTML);
    if (facts().open !== wasOpen) return location.reload();
    showPanel(panel);
    /* The deed that was tapped may be gone, and a panel is hidden until here: neither takes the focus. */
    if (held && document.activeElement === document.body) {
      byId(held.id).tabIndex = -1;
      byId(held.id).focus({ preventScroll: true });
    }
    showWas();
    tick();
    say();
    var question = document.querySelector("#question .question");
    if (isOwn && question) question.querySelector("a, button").focus({ preventScroll: true });
    drawUnsent();
    if (!facts().stamp) setTimeout(poll, REST_MS); // a reading came with its chart first: now the rest
  }
  function refusedPart(html) {
    var given = document.createElement("template");
    given.innerHTML = html;
    var part = given.content.firstElementChild;
    if (!part || !byId(part.id)) return;
    byId(part.id).replaceWith(part);
    var panel = part.closest(".panels") && part.id;
    if (panel) showPanel(panel);
    readyPad();
    var first = part.querySelector(".error-summary") || part.querySelector("#jump:not([hidden]) a") || part.querySelector("input");
    if (first) first.focus();
    if (part.querySelector(".error-summary") && document.title.indexOf(errorTitle()) !== 0) document.title = errorTitle() + document.title;
  }
  var isAsking = false;
  function poll() {
    if (isAsking || document.hidden) return;
    isAsking = true;
    fetch(facts().live + "?seen=" + encodeURIComponent(facts().stamp), { credentials: "same-origin", redirect: "error" })
      .then(function (answer) { return answer.status === 200 ? answer.text() : ""; })
      .then(function (html) { if (html) take(html, false); })
      .catch(function () { /* the shell says that the page is old */ })
      .then(function () { isAsking = false; });
  }
  /* Deeds that need the network and are not kept: answers to an alarm. */
  document.addEventListener("submit", function (event) {
    var now = event.target;
    if (!now.matches("form[data-now]") || event.defaultPrevented) return;
    event.preventDefault();
    var body = new FormData(now, event.submitter);
    body.set("csrfmiddlewaretoken", shell.csrf());
    var part = now.closest("section, div[id]");
    shell.busy(part, fetch(now.action, { method: "POST", body: body, credentials: "same-origin", redirect: "error", headers: { "X-Afterglow-Fragment": "1" } })
      .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.text(); })
      .then(function (html) { take(html, true); if (form() && !isQuestioned()) focusOn(vitals()[0]); })
      .catch(function () { HTMLFormElement.prototype.submit.call(now); }));
  });

  /* --- panels, and what opens in them */

  function panels() { return Array.from(document.querySelectorAll(".panels > section")); }
  function openPanel() {
    var chosen = document.querySelector("#panel-nav [aria-current]");
    return chosen ? chosen.getAttribute("href").slice(1) : "effects";
  }
  function showPanel(id) {
    if (!panels().some(function (one) { return one.id === id; })) id = "effects";
    panels().forEach(function (one) { one.classList.toggle("is-shown", one.id === id); });
    document.querySelectorAll("#panel-nav a[href^='#']").forEach(function (link) {
      if (link.getAttribute("href") === "#" + id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }
  function closeDeeds() {
    document.querySelectorAll("#effects details.deed[open]").forEach(function (one) {
      if (one.contains(document.activeElement)) one.querySelector("summary").focus({ preventScroll: true });
      one.open = false;
    });
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("#panel-nav a[href^='#']");
    if (link) {
      event.preventDefault();
      showPanel(link.getAttribute("href").slice(1));
      byId(openPanel()).scrollIntoView({ block: "nearest" });
      return;
    }
    var close = event.target.closest("[data-close]");
    if (close) {
      event.preventDefault();
      var deed = close.closest("details");
      deed.open = false;
      deed.querySelector("summary").focus();
    }
  });
  document.addEventListener("toggle", function (event) {
    var deed = event.target;
    if (!deed.matches || !deed.matches(".panels details.deed") || !deed.open) return;
    if (!deed.closest("#effects")) return deed.scrollIntoView({ block: "nearest" });
    var first = deed.querySelector("#effect-search, .effect-grade button");
    // A deed that stands open because it was refused leaves the focus with what is wrong.
    if (first && !deed.closest("#effects").querySelector(".error-summary")) first.focus({ preventScroll: true });
    if (deed.id === "other-effect") deed.scrollIntoView({ block: "nearest" });
  }, true);
  document.addEventListener("input", function (event) {
    if (event.target.id !== "effect-search") return;
    var words = event.target.value.trim().toLowerCase(), list = byId("effect-found"), select = byId(list.dataset.for);
    list.replaceChildren();
    if (!words) return;
    Array.from(select.options).filter(function (one) {
      return one.value && one.textContent.toLowerCase().indexOf(words) >= 0;
    }).slice(0, 6).forEach(function (one) {
      var item = document.createElement("li"), pick = document.createElement("button");
      pick.type = "button";
      pick.className = "btn";
      pick.textContent = one.textContent;
      pick.addEventListener("click", function () {
        select.value = one.value;
        list.replaceChildren();
        select.closest("form").elements.grade.focus();
      });
      item.append(pick);
      list.append(item);
    });
  });

  /* --- leaving with typed digits */

  function typedText() {
    return vitals().filter(function (one) { return one.value !== one.defaultValue; })
      .map(function (one) { return read().signs[signOf(one)].name + " " + one.value; }).join(", ");
  }
  var isLeaving = false;
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    if (!link || isLeaving || event.defaultPrevented || link.target || link.getAttribute("href").charAt(0) === "#") return;
    if (link.closest("#new-reading, #question, #panel-nav") && !link.closest(".push")) return;
    var words = form() ? typedText() : "";
    if (!words) return;
    event.preventDefault();
    var asked = byId("leave");
    byId("leave-typed").textContent = words;
    asked.querySelector("[data-go]").onclick = function () { isLeaving = true; location.href = link.href; };
    asked.querySelector("[data-stay]").onclick = function () { asked.close(); focusOn(active || vitals()[0]); };
    asked.showModal();
  });

  /* --- clocks */

  function tick() {
    var time = document.querySelector("#band .band-time");
    if (time && time.dataset.started) {
      var now = shell.serverNow().getTime();
      var minutes = Math.max(0, Math.floor((now - Number(time.dataset.started)) / 60000));
      time.querySelector("strong").textContent = Math.floor(minutes / 60) + ":" + String(minutes % 60).padStart(2, "0");
      if (time.dataset.due) {
        var left = (Number(time.dataset.due) - now) / 60000;
        var words = left <= -1 ? time.dataset.late.replace("{n}", Math.floor(-left)) : left < 0.5 ? time.dataset.now : time.dataset.soon.replace("{n}", Math.round(left));
        time.querySelector("span").textContent = time.dataset.since + " · " + words;
        time.classList.toggle("is-late", left <= -1);
      }
    }
    if (form() && !byId("taken").classList.contains("is-typed")) showTaken();
  }

  function readyPad() {
    if (!form()) return;
    vitals().forEach(function (field) { field.inputMode = "none"; });
    if (!form().querySelector("[aria-invalid]")) byId("new-reading").classList.toggle("is-asking", !byId("jump").hidden);
    showTaken();
  }

  /* What the server said on the way here passes like every other word: it would push the pad off the screen. */
  var told = document.querySelector(".messages");
  if (told && !told.querySelector(".notice-high, .notice-medium")) {
    shell.toast(told.textContent.trim());
    told.remove();
  }

  readyPad();
  showPanel((location.hash || "#effects").slice(1) || "effects");
  var refused = document.querySelector(".panels .error-summary");
  if (refused) showPanel(refused.closest(".panels > section").id);
  tick();
  say();
  if (form() && !document.querySelector(".error-summary") && !isQuestioned()) focusOn(vitals()[0]);
  setInterval(tick, 1000);
  setInterval(poll, POLL_MS);
  document.addEventListener("visibilitychange", poll);
})();
