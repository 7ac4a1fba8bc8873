/* What every page of the staff has: the server's clock, toasts, parts of the page that the server redraws, the alarms that
   are asked for every 15 s, and how this tablet is used.

   window.afterglow:
     serverNow()   Date: the server's time when the page was made plus the time that has passed since.
     csrf()        the token for a POST, read at the moment of sending.
     hide(form, fields)  gives a form that a script made its hidden fields and the token.
     toast(text, {undoForm, linkText, linkHref})  says `text` for 10 s. `undoForm` is a <form> whose submit takes the
                   entry back (it is moved into the toast), or {action, fields}.
     swap(html)    puts each top-level element of `html` in the place of the page's element with the same id. Typed text that
                   differs from what the server had written stays (form.reset() first to drop it), so does the focus.
     poll()        asks for the page's moving parts now, as it does by itself every 15 s.
     onKey(find)   single keys, where this tablet has them and nobody types: `find` gives the deed of a key, if it has one.
     lock()        shows the locked screen; the server locks by itself.
     clockText(ms) "11:42" at the clinic. offsetAt(ms) the minutes that its clock is then ahead of UTC.
     busy(element, promise)  marks the element as waiting after 400 ms, until the promise ends. */
(function () {
  "use strict";
  var shell = document.getElementById("shell");
  var words = shell.dataset;
  var pageAt = Number(words.now);
  var loadedMonotonic = performance.now();
  var loadedClock = Date.now();
  var TOAST_MS = 10000;
  var BUSY_MS = 400;

  function serverNow() {
    // performance.now() stands still while some tablets sleep; the wall clock may be set by hand.
    // Sleep only ever makes the first too small, so the larger of the two is nearer to the truth.
    var slept = Date.now() - loadedClock - (performance.now() - loadedMonotonic);
    var passed = performance.now() - loadedMonotonic + (slept > 2000 ? slept : 0);
    return new Date(pageAt + passed);
  }

  function csrf() {
    var found = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
    if (found) return decodeURIComponent(found[1]);
    var field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  /* Hidden fields of a form that a script made, the token among them. */
  function hide(form, fields) {
    var all = Object.assign({ csrfmiddlewaretoken: csrf() }, fields);
    Object.keys(all).forEach(function (name) {
      var field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = all[name];
      form.append(field);
    });
  }

  /* --- toasts */

  function undoButton(undo) {
    var form = undo;
    if (!(undo instanceof HTMLFormElement)) {
      form = document.createElement("form");
      form.method = "post";
      form.action = undo.action;
      hide(form, undo.fields);
    }
    form.hidden = false;
    if (!form.querySelector("button")) {
      var button = document.createElement("button");
      button.className = "btn";
      button.textContent = words.undo;
      form.append(button);
    }
    return form;
  }

  function toast(text, more) {
    more = more || {};
    var box = document.createElement("div");
    box.className = "toast";
    var said = document.createElement("span");
    said.textContent = text;
    box.append(said);
    if (more.undoForm) {
      var form = undoButton(more.undoForm);
      form.addEventListener("submit", function () { setTimeout(leave, 0); });
      box.append(form);
    }
    if (more.linkText) {
      var link = document.createElement("a");
      link.className = "btn";
      link.href = more.linkHref;
      link.textContent = more.linkText;
      box.append(link);
    }
    var rest = TOAST_MS;
    var clock = setInterval(function () {
      // Nothing goes away under a finger or under the focus.
      if (box.matches(":hover") || box.contains(document.activeElement)) return;
      rest -= 250;
      if (rest <= 0) leave();
    }, 250);
    function leave() {
      clearInterval(clock);
      if (box.contains(document.activeElement)) document.getElementById("main").focus();
      box.remove();
    }
    document.getElementById("toasts").replaceChildren(box);
    return leave;
  }

  /* --- single keys */

  function onKey(find) {
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || words.keys !== "on") return;
      if (event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return;
      var deed = find(event.key.toLowerCase());
      if (!deed) return;
      event.preventDefault();
      deed();
    });
  }

  /* --- parts that the server redraws */

  function nameOf(field) {
    var form = field.closest("form");
    return [form ? form.getAttribute("action") : "", field.id || field.name, field.type === "radio" ? field.value : ""].join("|");
  }
  function isTyped(field) {
    if (field.type === "hidden" || field.type === "submit") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") {
      return Array.from(field.options).some(function (one) { return one.selected !== one.defaultSelected; })
        && field.selectedIndex > 0;
    }
    return field.value !== field.defaultValue;
  }
  function keepTyped(old, fresh) {
    var typed = {};
    old.querySelectorAll("input, select, textarea").forEach(function (field) {
      if (isTyped(field)) typed[nameOf(field)] = field;
    });
    fresh.querySelectorAll("input, select, textarea").forEach(function (field) {
      var before = typed[nameOf(field)];
      if (!before) return;
      if (field.type === "checkbox" || field.type === "radio") field.checked = before.checked;
      else field.value = before.value;
    });
    old.querySelectorAll("details[open][id]").forEach(function (open) {
      var again = fresh.querySelector("#" + CSS.escape(open.id));
      if (again) again.open = true;
    });
  }
  function twin(element, root) {
    if (element.id) return root.querySelector("#" + CSS.escape(element.id)) || (root.id === element.id ? root : null);
    var same = element.tagName.toLowerCase();
    ["name", "value", "href", "data-key"].forEach(function (attribute) {
      var value = element.getAttribute(attribute);
      if (value !== null) same += "[" + attribute + "=" + JSON.stringify(value) + "]";
    });
    return same === element.tagName.toLowerCase() ? null : root.querySelector(same);
  }
  function refocus(lost, fresh) {
    var target = twin(lost, fresh) || fresh.querySelector("[autofocus], h1, h2, h3") || fresh;
    if (!target.matches("a[href], button, input, select, textarea, summary")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (target.setSelectionRange && lost.selectionStart !== null && target.type === lost.type) {
      try { target.setSelectionRange(lost.selectionStart, lost.selectionEnd); } catch (_none) { /* not a text field */ }
    }
  }

  function swap(html) {
    var given = document.createElement("template");
    given.innerHTML = html;
    var swapped = [];
    Array.from(given.content.children).forEach(function (fresh) {
      var old = fresh.id && document.getElementById(fresh.id);
      if (!old) return;
      old.removeAttribute("aria-busy");
      if (old.isEqualNode(fresh)) return;
      var lost = old.contains(document.activeElement) ? document.activeElement : null;
      keepTyped(old, fresh);
      old.replaceWith(fresh);
      if (lost) refocus(lost, fresh);
      swapped.push(fresh);
    });
    if (swapped.length) document.dispatchEvent(new CustomEvent("afterglow:swapped", { detail: swapped }));
    return swapped;
  }

  function busy(element, promise) {
    var timer = setTimeout(function () { element.setAttribute("aria-busy", "true"); }, BUSY_MS);
    function done() { clearTimeout(timer); element.removeAttribute("aria-busy"); }
    promise.then(done, done);
    return promise;
  }

  /* --- clocks */

  /* Minutes that the clinic's clock is ahead of UTC at that instant: the clocks may change while a page stays open. */
  var offsets = JSON.parse(words.offsets);
  function offsetAt(ms) {
    return (offsets.filter(function (one) { return one[0] <= ms; }).pop() || offsets[0])[1];
  }
  function clockText(ms) {
    return new Date(ms + offsetAt(ms) * 60000).toISOString().slice(11, 16);
  }
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
  function tick() {
    var now = serverNow().getTime();
    document.querySelectorAll(".bar-clock time").forEach(function (time) { write(time, clockText(now)); });
    document.querySelectorAll("[data-elapsed-from]").forEach(function (since) {
      var minutes = Math.floor((now - Number(since.dataset.elapsedFrom)) / 60000);
      if (minutes >= 0) write(since, Math.floor(minutes / 60) + ":" + String(minutes % 60).padStart(2, "0"));
    });
    document.querySelectorAll("[data-minutes-to]").forEach(function (due) {
      var minutes = Math.max(0, Math.round((Number(due.dataset.minutesTo) - now) / 60000));
      write(due, minutes + " " + words.minutes);
    });
  }

  /* --- a part is never redrawn under a finger that is down: the tap would be lost */

  var isDown = false;
  var waiting = null;
  function release() {
    setTimeout(function () {
      isDown = false;
      if (waiting) { var deed = waiting; waiting = null; deed(); }
    }, 300);
  }
  document.addEventListener("pointerdown", function () { isDown = true; }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  function whenFree(deed) {
    if (isDown) waiting = deed;
    else deed();
  }

  /* --- alarms: said once each, then quiet; the strip itself stays */

  var SILENT_MS = 120000;
  var SILENT = "afterglow.silent-until";
  var SAID = "afterglow.alarms-said";
  var isSoundOn = words.sound === "on";
  var audio = null;

  function kept(store, name) {
    try { return store.getItem(name); } catch (_refused) { return null; }
  }
  function keep(store, name, value) {
    try { store.setItem(name, value); } catch (_refused) { /* a browser that keeps nothing */ }
  }
  function drop(name) {
    try { localStorage.removeItem(name); } catch (_refused) { /* nothing was kept */ }
  }
  function silentUntil() {
    var until = Number(kept(localStorage, SILENT));
    return until > Date.now() ? until : 0;
  }
  function wakeAudio() {
    var Context = window.AudioContext || window.webkitAudioContext;
    if (!isSoundOn || !Context) return;
    audio = audio || new Context();
    if (audio.state === "suspended") audio.resume();
  }
  function twoTones() {
    wakeAudio();
    if (!audio || audio.state !== "running") return;
    [[660, 0], [880, 0.28]].forEach(function (tone) {
      var from = audio.currentTime + tone[1];
      var source = audio.createOscillator();
      var loudness = audio.createGain();
      source.frequency.value = tone[0];
      loudness.gain.setValueAtTime(0, from);
      loudness.gain.linearRampToValueAtTime(0.25, from + 0.02);
      loudness.gain.linearRampToValueAtTime(0, from + 0.24);
      source.connect(loudness).connect(audio.destination);
      source.start(from);
      source.stop(from + 0.25);
    });
    document.dispatchEvent(new CustomEvent("afterglow:sounded"));
  }
  function drawSilence() {
    var until = silentUntil();
    document.querySelectorAll("[data-silence]").forEach(function (button) {
      button.hidden = !isSoundOn;
      if (!until) { button.disabled = false; return; }
      button.disabled = true;
      button.textContent = words.silent + " " + clockText(serverNow().getTime() + until - Date.now());
    });
  }
  /* "(!) Chairs", "Error: (!) Chairs"; the inbox says itself how many there are: "(2 high) Alerts". */
  function markTitle(isCalling) {
    var title = document.title.replace("(!) ", "");
    var head = title.indexOf(words.error + " ") === 0 ? words.error + " " : "";
    var rest = title.slice(head.length);
    document.title = head + (isCalling && !/^\(\d/.test(rest) ? "(!) " : "") + rest;
  }
  function alarms() {
    var place = isLocked || isLockPage ? "#locked-chairs [data-alarm]" : "#alarm-strip [data-alarm]";
    var found = Array.from(document.querySelectorAll(place));
    var said = JSON.parse(kept(sessionStorage, SAID) || "[]");
    var fresh = found.filter(function (one) { return said.indexOf(one.dataset.alarm) < 0; });
    keep(sessionStorage, SAID, JSON.stringify(found.map(function (one) { return one.dataset.alarm; })));
    if (fresh.length) {
      document.getElementById("alarm-say").textContent = fresh.map(function (one) { return one.dataset.say; }).join(". ");
    }
    markTitle(found.length > 0);
    if (found.length && isSoundOn && !silentUntil()) twoTones();
    drawSilence();
  }
  document.addEventListener("pointerdown", wakeAudio);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-silence]");
    if (!button) return;
    keep(localStorage, SILENT, String(Date.now() + SILENT_MS));
    drawSilence();
  });

  /* --- asking for them, and saying so when nothing comes back */

  var POLL_MS = 15000;
  var STALE_MS = 30000;
  var DEAD_MS = 120000;
  var lastRead = Date.now();
  var lastReadAt = serverNow().getTime();
  var isAsking = false;

  function drawStale() {
    if (!words.poll) return;
    var age = Date.now() - lastRead;
    var header = document.getElementById("stale-state");
    var strip = document.getElementById("stale-strip");
    var board = document.getElementById("board");
    if (header) {
      header.hidden = age <= STALE_MS;
      if (age > STALE_MS) write(header, words.stale + " " + clockText(lastReadAt));
    }
    if (board) board.classList.toggle("is-stale", age > STALE_MS);
    if (strip) {
      strip.hidden = age <= DEAD_MS;
      write(document.getElementById("stale-since"), clockText(lastReadAt));
    }
  }
  function arrived(html) {
    lastRead = Date.now();
    lastReadAt = serverNow().getTime();
    var current = document.querySelector(".bar-tabs [aria-current]");
    swap(html);
    if (current && !document.querySelector(".bar-tabs [aria-current]")) {
      var same = document.getElementById(current.id);
      if (same) same.setAttribute("aria-current", "page");
    }
    tick();
    alarms();
    drawStale();
  }
  function poll() {
    if (isLocked || isLockPage) return askLockedChairs();
    if (!words.poll || isAsking) return Promise.resolve();
    isAsking = true;
    var before = unlocks;
    return fetch(words.poll, { credentials: "same-origin", redirect: "manual", headers: { "X-Afterglow-Fragment": "1" } })
      .then(function (answer) {
        if (isShutOut(answer) && before === unlocks) lock();
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
      })
      .then(function (html) { whenFree(function () { arrived(html); }); })
      .catch(function () { /* no network, or nobody is signed in: the page grows old and says so */ })
      .then(function () { isAsking = false; drawStale(); });
  }

  /* --- the lock: 15 min without a finger or a key. The page stays under it with everything typed, and alarms go on. */

  var HERE_MS = 60000;
  var TOUCHED = "afterglow.touched";
  var OWED = "afterglow.lock-owed";
  var OPEN = "afterglow.open"; // whose log-in is open here: without a network the offline pad asks nobody else
  var dialog = document.getElementById("lock");
  var touched = Date.now();
  var told = Date.now();
  var isLocked = false;
  var isLockPage = words.lockedNow !== undefined; // the page is the lock: nothing opens over what is typed in it
  var unlocks = 0; // an answer to what was asked before the last unlock locks nothing
  var titleBefore = "";

  function post(url, body) {
    return fetch(url, {
      method: "POST", body: body || new FormData(), credentials: "same-origin", redirect: "manual",
      headers: { "X-Afterglow-Fragment": "1", "X-CSRFToken": csrf() }
    });
  }
  function ask(url) {
    return fetch(url, { credentials: "same-origin", headers: { "X-Afterglow-Fragment": "1" } }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    });
  }
  /* The page came from the server, or the PIN was right: not a log-in that is locked. */
  function opened() {
    drop(OWED);
    keep(localStorage, TOUCHED, String(Date.now()));
    keep(localStorage, OPEN, words.person);
  }
  /* "Lock" was pressed without a network: the server learns it as soon as it answers, also on the next page. */
  function owed() {
    keep(localStorage, OWED, "yes");
    lock();
    post(document.getElementById("lock-now").action).then(function (answer) { if (answer.ok || isShutOut(answer)) drop(OWED); }, function () { /* later */ });
  }
  function isIdle() { return Date.now() - lastTouched() > Number(words.idleMs); }
  /* Another tab of the same tablet counts as well. */
  function lastTouched() { return Math.max(touched, Number(kept(localStorage, TOUCHED)) || 0); }
  function felt(event) {
    if (!event.isTrusted || isLocked) return;
    if (isIdle()) return lock(); // a tablet that slept wakes up under a finger
    touched = Date.now();
    if (touched - told < HERE_MS) return;
    told = touched;
    keep(localStorage, TOUCHED, String(touched));
    var before = unlocks;
    post(words.here).then(function (answer) { if (isShutOut(answer) && before === unlocks) lock(); }, function () { told = 0; });
  }
  function isShutOut(answer) { return answer.status === 401 || answer.type === "opaqueredirect"; }
  function parsed(html) {
    var given = document.createElement("template");
    given.innerHTML = html;
    return given.content;
  }
  function drawPanel(html) {
    var panel = parsed(html).getElementById("lock-panel");
    if (!panel || !isLocked) return;
    document.getElementById("lock-panel").replaceWith(panel);
    var field = dialog.querySelector(".error-summary, #unlock_pin, #lock_username");
    if (field) field.focus();
  }
  function askPanel() {
    return ask(words.lockPanel).then(function (html) { drawPanel(html); return true; }, function () { return false; });
  }
  function askLockedChairs() {
    return ask(words.lockChairs).then(function (html) {
      if (!isLocked && !isLockPage) return;
      document.getElementById("locked-chairs").replaceWith(parsed(html).firstElementChild);
      document.getElementById("lock-offline").hidden = true;
      if (isLocked && kept(localStorage, OWED)) owed();
      lastRead = Date.now();
      lastReadAt = serverNow().getTime();
      alarms();
      if (isLocked && !dialog.querySelector("form[data-lock]")) askPanel();
    }, function (fault) {
      document.getElementById("lock-offline").hidden = Date.now() - lastRead <= STALE_MS;
      if (fault.message !== "401") return;
      // The device was retired: it is told nothing, and only a password opens it.
      document.getElementById("locked-chairs").replaceChildren();
      if (isLocked && !dialog.querySelector("#lock_password")) askPanel();
    });
  }
  function lock() {
    drop(OPEN);
    if (isLocked || isLockPage || !dialog || !dialog.showModal) return;
    isLocked = true;
    titleBefore = document.title.replace("(!) ", "");
    document.title = words.locked + " · Afterglow";
    document.body.classList.add("is-locked");
    document.querySelectorAll("dialog[open]").forEach(function (other) { other.close(); });
    dialog.showModal();
    document.getElementById("lock-title").focus();
    askPanel().then(function (is) { document.getElementById("lock-offline").hidden = is; });
    askLockedChairs();
  }
  function unlock(person) {
    if (person && person !== words.person) {
      location.reload();
      return;
    }
    isLocked = false;
    unlocks += 1;
    touched = told = Date.now();
    opened();
    document.body.classList.remove("is-locked");
    document.title = titleBefore;
    dialog.close();
    document.getElementById("lock-panel").replaceChildren();
    document.getElementById("locked-chairs").replaceChildren();
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach(function (field) { field.value = csrf(); });
    document.dispatchEvent(new CustomEvent("afterglow:unlocked"));
    if (window.afterglowOutbox) window.afterglowOutbox.flush();
    poll();
  }
  function useLock() {
    var isOpen = !isLockPage;
    var isOwed = isOpen && dialog && dialog.showModal && kept(localStorage, OWED);
    if (!isOpen) drop(OPEN);
    else if (!isOwed) opened();
    if (!dialog || !dialog.showModal) return;
    if (isOwed) owed();
    addEventListener("storage", function (event) { if (event.key === OPEN && !event.newValue && isOpen) lock(); });
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); });
    dialog.addEventListener("close", function () { if (isLocked) dialog.showModal(); });
    dialog.addEventListener("submit", function (event) {
      if (!event.target.matches("form[data-lock]")) return;
      event.preventDefault();
      post(event.target.action, new FormData(event.target)).then(function (answer) {
        if (answer.status === 204) return unlock(answer.headers.get("X-Afterglow-Person"));
        if (answer.status === 403) return askPanel();
        return answer.text().then(drawPanel);
      }, function () { document.getElementById("lock-offline").hidden = false; });
    });
    ["pointerdown", "keydown", "wheel", "touchstart"].forEach(function (name) {
      document.addEventListener(name, felt, { capture: true, passive: true });
    });
    setInterval(function () {
      if (!isLocked && isIdle()) lock();
    }, 5000);
    var now = document.getElementById("lock-now");
    if (now) now.addEventListener("submit", function (event) {
      event.preventDefault();
      document.getElementById("menu").open = false;
      post(now.action).then(lock, owed);
    });
  }

  /* --- this tablet */

  function useTablet() {
    var form = document.getElementById("tablet-form");
    if (!form) return;
    document.getElementById("tablet-save").hidden = true;
    form.addEventListener("change", function () {
      var chosen = new FormData(form);
      chosen.set("csrfmiddlewaretoken", csrf());
      var root = document.documentElement;
      if (chosen.get("theme") === "system") root.removeAttribute("data-theme");
      else root.dataset.theme = chosen.get("theme");
      if (chosen.get("hand") === "left") document.body.dataset.hand = "left";
      else document.body.removeAttribute("data-hand");
      isSoundOn = chosen.get("sound") === "on";
      words.keys = chosen.get("keys");
      wakeAudio();
      drawSilence();
      fetch(form.action, { method: "POST", body: chosen, credentials: "same-origin", redirect: "manual" }).then(poll, poll);
    });
    var menu = document.getElementById("menu");
    document.addEventListener("click", function (event) { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", function (event) {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  /* A link to a field puts the cursor there: one tap from the board to the first digit. */
  function focusTarget() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("input, select, textarea")) target.focus();
  }

  window.afterglow = {
    toast: toast, swap: swap, serverNow: serverNow, csrf: csrf, hide: hide, busy: busy, poll: poll, onKey: onKey, lock: lock, clockText: clockText, offsetAt: offsetAt, words: words
  };
  useTablet();
  useLock();
  focusTarget();
  addEventListener("hashchange", focusTarget);
  tick();
  setInterval(tick, 5000);
  setTimeout(alarms, 300);
  setInterval(poll, POLL_MS);
  setInterval(drawStale, 5000);
  addEventListener("online", poll);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) poll(); });
})();
