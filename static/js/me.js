/* A check-in without a signal. Each answer is kept on this phone first, encrypted, then sent in order until the server
   has it; its write_key makes a second sending harmless. The server's page takes the place of this one. When none comes
   the next question is asked from what the page brought along. After an answer that calls for help the page's own help
   block is shown when the server is silent for a second. Without this script, or without storage, the forms post. */
(function () {
  "use strict";
  if (!window.indexedDB || !window.crypto || !crypto.subtle || !crypto.randomUUID) return;
  const HELP_MS = 500, PATIENCE_MS = 6000, TIMEOUT_MS = 20000, AGAIN_MS = 10000;
  const STAYS_MS = 7 * 24 * 3600 * 1000; // after its window closed the server takes an answer that was given in it
  let here = location.pathname + location.search;
  let onOwn = false; // this page asks without the server
  let atEnd = false;
  let chain = Promise.resolve(null);
  let timer = 0;
  const by = function (id) { return document.getElementById(id); };
  const wait = function (ms) { return new Promise(function (done) { setTimeout(done, ms, null); }); };

  /* --- kept answers: {seq, iv, data}, AES-GCM under a key that no script can read out */
  const asked = function (request) {
    return new Promise(function (done, failed) {
      request.onsuccess = function () { done(request.result); };
      request.onerror = function () { failed(request.error); };
    });
  };
  const opened = (async function () {
    const opening = indexedDB.open("afterglow-me", 1);
    opening.onupgradeneeded = function () {
      opening.result.createObjectStore("answers", { keyPath: "seq", autoIncrement: true });
      opening.result.createObjectStore("key");
    };
    const db = await asked(opening);
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = db.transaction("key", "readwrite").objectStore("key");
    const known = await asked(keys.get(1));
    if (!known) await asked(keys.put(fresh, 1));
    return { db: db, key: known || fresh };
  })();
  async function answers(mode) {
    return (await opened).db.transaction("answers", mode).objectStore("answers");
  }
  async function keep(entry) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const clear = new TextEncoder().encode(JSON.stringify(entry));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv }, (await opened).key, clear);
    await asked((await answers("readwrite")).add({ iv: iv, data: data }));
  }
  async function read(row) {
    const clear = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, (await opened).key, row.data);
    return JSON.parse(new TextDecoder().decode(clear));
  }

  /* --- sending */
  async function post(entry) {
    const body = new URLSearchParams(entry.fields);
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (token) body.set("csrfmiddlewaretoken", token.value);
    body.set("seconds_ago", Math.max(0, Math.round((Date.now() - entry.at) / 1000)));
    const answer = await fetch(entry.url, { method: "POST", body: body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: answer.status, url: answer.url, text: await answer.text() };
  }
  async function sendAll() {
    let last = null;
    for (const row of await asked((await answers("readonly")).getAll())) {
      const entry = await read(row);
      const isOver = Date.now() > entry.until + STAYS_MS;
      if (!isOver) {
        try { last = await post(entry); } catch (error) { return again(); }
        // closed, or another's link is open: what was given in time may be taken another day
        if (last.status === 404 && entry.at < entry.until) continue;
        if (last.status >= 500 || last.status === 429 || last.status === 403) return again();
      }
      await asked((await answers("readwrite")).delete(row.seq));
    }
    return last;
  }
  function send() {
    chain = chain.then(sendAll, sendAll);
    return chain;
  }
  function again() {
    clearTimeout(timer);
    timer = setTimeout(sendKept, AGAIN_MS);
    return null;
  }
  async function sendKept() {
    const answer = await send();
    if (!answer) return;
    const help = by("help");
    if (help && !help.hidden) {
      const state = by("help-state"), isSaved = state.textContent === state.dataset.saved;
      return isSaved ? null : tell(state, became(answer)); // what is refused now is another's
    }
    if (answer.status === 404 && !atEnd) return;
    if (onOwn && !atEnd) return note(document.querySelector("[data-check-in]").dataset.sent);
    show(answer);
  }

  /* --- what is seen */
  function show(answer) {
    const page = new DOMParser().parseFromString(answer.text, "text/html");
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    document.body.replaceWith(page.body);
    if (answer.url !== location.href) history.pushState(null, "", answer.url);
    here = location.pathname + location.search;
    onOwn = atEnd = false;
    land(document.querySelector(".error-summary"));
  }
  function land(place) {
    scrollTo(0, 0);
    (place || by("main")).focus({ preventScroll: true });
  }
  function note(words) {
    const state = by("state");
    state.hidden = !words;
    state.textContent = words;
  }
  function tell(place, word) {
    place.hidden = false;
    place.textContent = place.dataset[word];
  }
  function became(answer) {
    if (!answer) return "kept";
    return answer.status === 404 ? "over" : answer.status < 400 ? "saved" : "kept";
  }
  function stay() { // without a signal a link back leads to a page of the browser
    const back = document.querySelector(".me-head>a:not(.me-help)");
    if (back) back.hidden = true;
  }
  function reveal(urgency, word) {
    const help = by("help");
    tell(by("help-state"), word);
    if (!help.hidden) return;
    const first = help.querySelector(".call-danger");
    if (urgency === "act" && first) help.querySelector(".call").before(first);
    const title = document.createElement("h1"); // the page's own is hidden
    title.id = "help-title";
    title.textContent = by("help-title").textContent;
    by("help-title").replaceWith(title);
    by("ask").hidden = true;
    help.hidden = false;
    stay();
    land(help);
  }
  function put(id, words) {
    by(id).hidden = !words;
    by(id).textContent = words;
  }
  function goOn(form) {
    by("help").hidden = true;
    by("ask").hidden = false;
    onOwn = true;
    const later = JSON.parse(form.dataset.later);
    const next = later.shift();
    stay();
    atEnd = !next;
    if (next) ask(form, next, later);
    else by("ask").replaceChildren(by("kept").content.cloneNode(true), form);
    form.hidden = atEnd;
    land();
  }
  function ask(form, next, later) {
    form.dataset.later = JSON.stringify(later);
    form.setAttribute("action", next.url);
    form.elements.write_key.value = crypto.randomUUID();
    by("step").textContent = next.step;
    by("step").nextElementSibling.value = next.at;
    by("question").lang = next.lang;
    form.querySelector("h1").textContent = next.title;
    put("id_value_hint", next.hint);
    put("low", next.low);
    put("high", next.high);
    const choices = by("choices");
    choices.className = next.numbers ? "numbers" : "choices";
    choices.replaceChildren.apply(choices, next.choices.map(function (choice, at) {
      const label = document.createElement("label"), input = document.createElement("input"), words = document.createElement("span");
      if (!next.numbers) label.className = "choice";
      Object.assign(input, { type: "radio", name: "value", value: choice[0], id: "id_value_" + at });
      if (choice[2]) input.dataset.urgency = choice[2];
      words.textContent = choice[1];
      label.append(input, words);
      return label;
    }));
    document.querySelectorAll(".error-summary, .error-text").forEach(function (one) { one.remove(); });
    note(form.dataset.noSignal);
  }

  async function take(form, button) {
    const data = new FormData(form, button);
    const chosen = form.querySelector("input[type=radio]:checked");
    const urgency = !data.has("skip") && chosen ? chosen.dataset.urgency : "";
    const entry = { url: form.action, until: form.dataset.until * 1000, at: Date.now(), fields: Array.from(data) };
    let answer = null;
    if (!chosen && !data.has("skip")) {
      try { answer = await post(entry); } catch (error) { note(form.dataset.noSignal); }
    } else {
      const alarm = urgency ? setTimeout(reveal, HELP_MS, urgency, "waiting") : 0;
      await keep(entry);
      answer = await Promise.race([send(), wait(urgency ? TIMEOUT_MS : PATIENCE_MS)]);
      clearTimeout(alarm);
      const isShown = answer && answer.status !== 404 && by("help").hidden;
      if (urgency && !isShown) return reveal(urgency, became(answer));
      if (!answer) goOn(form);
    }
    if (answer) show(answer);
  }
  let busy = false;
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("[data-check-in]")) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    take(form, event.submitter).catch(function () {
      HTMLFormElement.prototype.submit.call(form); // no room to keep it: as without this script
    }).finally(function () { busy = false; });
  });
  document.addEventListener("click", function (event) {
    const form = document.querySelector("[data-check-in]");
    if (!event.target.closest("[data-safe]") || !form || by("help").hidden) return;
    event.preventDefault();
    if (by("help-state").textContent === by("help-state").dataset.saved) location.assign(event.target.href);
    else goOn(form);
  });
  window.addEventListener("popstate", function () {
    if (here !== location.pathname + location.search) location.reload();
  });
  window.addEventListener("online", sendKept);
  sendKept();
})();
