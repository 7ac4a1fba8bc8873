/* Nothing that was typed is lost: each entry is kept on this device first, encrypted, then sent in order until the
   server has it.

   A <form data-queue="reading" data-session="…" data-label="Reading"> is kept when it is submitted. Events on document:
     afterglow:queued   {entry}                 it is kept here
     afterglow:sent     {entry, html, status}   the server has it; `html` is empty unless this page is about its session
     afterglow:refused  {entry, html, status, kept}  the server will not take it; `kept`: it stands in the outbox
     afterglow:unsent   {entry, count}          no network, or its owner is not signed in; it will be tried again
     afterglow:unkept   {}                      typed on a locked tablet, and there was no room to keep it
     afterglow:outbox   {entries}               what is kept here has changed
     afterglow:waiting  {session: count}        the same, counted
   A page that shows a refusal puts the fragment in its place while it hears of it; what no page shows stands in the outbox.
   entry: {uuid, url, kind, session, label, text, fields, takenAt, clientClock, owner, ownerName, chair, patient, refused, typedLocked}

   window.afterglowOutbox: {ready, all, again, correct, claim, discard, flush, show, now, clockText, dayText, whenText, chairs, who, isLocked,
   forget}

   takenAt is the server's time when the page was made plus the time that has passed since (see serverNow in shell.js);
   without that page, the server's last known time plus what this device's clock has moved on. The device's own clock
   is kept beside it. An entry goes out only while the person who typed it is signed in. What was typed on a locked tablet
   (`typedLocked`) is nobody's: it never goes out until somebody who is signed in says that it is theirs. */
(function () {
  "use strict";
  const box = document.getElementById("outbox");
  if (!box || !window.indexedDB || !window.crypto || !crypto.subtle || !crypto.randomUUID) return;
  const words = box.dataset;
  const isPad = box.hasAttribute("data-pad");
  const WAITS_S = [2, 5, 15, 30];
  const TIMEOUT_MS = 20000;
  const SENT_MS = 10000;
  const TWICE_MS = 1000; // the same form with the same content again: a finger that bounced
  const FRESH_MS = 60000;
  const OPEN = "afterglow.open"; // see shell.js
  const TOUCHED = "afterglow.touched";
  const AUTHOR_GONE_MS = 12 * 60 * 60 * 1000; // a log-in's whole life
  const channel = window.BroadcastChannel ? new BroadcastChannel("afterglow-outbox") : null;
  const typedHere = new Map(); // uuid → when it was typed on this page
  let entries = [];
  let state = "ok"; // ok, offline, waiting
  let tries = 0;
  let timer = 0;
  let clock = null; // {server, client}, both ms

  /* --- storage: rows are {seq, uuid, iv, data}, data is AES-GCM under a key that no script can read out */

  function done(request) {
    return new Promise(function (resolve, reject) {
      request.onsuccess = function () { resolve(request.result); };
      request.onerror = function () { reject(request.error); };
    });
  }
  function committed(transaction) {
    return new Promise(function (resolve, reject) {
      transaction.oncomplete = function () { resolve(); };
      transaction.onerror = transaction.onabort = function () { reject(transaction.error); };
    });
  }
  const opened = (async function () {
    const asked = indexedDB.open("afterglow", 1);
    asked.onupgradeneeded = function () {
      asked.result.createObjectStore("entries", { keyPath: "seq", autoIncrement: true }).createIndex("uuid", "uuid", { unique: true });
      asked.result.createObjectStore("kept");
    };
    const db = await done(asked);
    db.onversionchange = function () { db.close(); };
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // One transaction: two tabs that open at once end with one key.
    const store = db.transaction("kept", "readwrite").objectStore("kept");
    let key = await done(store.get("key"));
    if (!key) {
      key = fresh;
      await done(store.put(key, "key"));
    }
    return { db: db, key: key };
  })();
  async function sealed(value) {
    const { key } = await opened;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const clear = new TextEncoder().encode(JSON.stringify(value));
    return { iv: iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv }, key, clear) };
  }
  async function unsealed(row) {
    const { key } = await opened;
    const clear = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, key, row.data);
    return JSON.parse(new TextDecoder().decode(clear));
  }
  async function write(name, change) {
    const { db } = await opened;
    const transaction = db.transaction(name, "readwrite", { durability: "strict" });
    const end = committed(transaction);
    change(transaction.objectStore(name));
    return end;
  }
  async function remember(name, value) {
    const row = await sealed(value);
    return write("kept", function (store) { store.put(row, name); });
  }
  async function recalled(name) {
    const { db } = await opened;
    const row = await done(db.transaction("kept").objectStore("kept").get(name));
    return row ? unsealed(row) : null;
  }
  async function load() {
    const { db } = await opened;
    const rows = await done(db.transaction("entries").objectStore("entries").getAll());
    entries = await Promise.all(rows.map(async function (row) {
      return Object.assign(await unsealed(row), { seq: row.seq, uuid: row.uuid });
    }));
    return entries;
  }
  async function keep(entry) {
    const row = Object.assign(await sealed(entry), { uuid: entry.uuid });
    if (entry.seq) row.seq = entry.seq;
    await write("entries", function (store) { store.put(row); });
  }
  async function drop(entry) {
    await write("entries", function (store) { store.delete(entry.seq); });
  }
  async function changed() {
    await load();
    show();
    if (channel) channel.postMessage("changed");
  }

  /* --- who and when */

  function now() {
    if (window.afterglow && window.afterglow.serverNow) return window.afterglow.serverNow();
    return new Date(clock ? clock.server + Date.now() - clock.client : Date.now());
  }
  function offsets() {
    const shell = document.getElementById("shell");
    return shell ? JSON.parse(shell.dataset.offsets) : (clock && clock.offsets) || [[0, -new Date().getTimezoneOffset()]];
  }
  function offsetAt(ms) {
    const all = offsets();
    return (all.filter(function (one) { return one[0] <= ms; }).pop() || all[0])[1];
  }
  function local(at) { return new Date(at.getTime() + offsetAt(at.getTime()) * 60000); }
  function isMoment(at) { return !isNaN(new Date(at)); }
  function clockText(at) { return isMoment(at) ? local(new Date(at)).toISOString().slice(11, 16) : String(at); }
  function dayText(at) { return isMoment(at) ? local(new Date(at)).toISOString().slice(0, 16).replace("T", " ") : String(at); }
  function whenText(at) {
    const text = dayText(at);
    if (!isMoment(at)) return text;
    return text.slice(0, 10) === dayText(now()).slice(0, 10) ? text.slice(11) : text;
  }
  function moment(text) {
    // "11:42" means the nearest 11:42: said now, while it cannot be mistaken, and not when it is sent.
    // What is no time of day goes out as it was typed: the server refuses it in words.
    const parts = /^(?:(\d{4}-\d\d-\d\d)[T ])?([01]?\d|2[0-3])[:.]([0-5]\d)$/.exec(text.trim());
    if (!parts) return text;
    const here = now().getTime();
    const date = parts[1] || local(now()).toISOString().slice(0, 10);
    const day = Date.parse(date);
    if (isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) return text;
    const found = [];
    (parts[1] ? [0] : [-1, 0, 1]).forEach(function (shift) {
      offsets().forEach(function (one) {
        const at = day + shift * 86400000 + (Number(parts[2]) * 60 + Number(parts[3]) - one[1]) * 60000;
        if (offsetAt(at) === one[1]) found.push(at);
      });
    });
    found.sort(function (a, b) { return Math.abs(a - here) - Math.abs(b - here) || a - b; });
    // An hour that the clocks went over has no instant. Half a day away is no answer to a time of day, and what is
    // more than a day and a half away the server reads itself: it knows how the clocks stood then.
    if (!found.length || Math.abs(found[0] - here) > (parts[1] ? 129600000 : 45000000)) return text;
    return new Date(found[0]).toISOString();
  }
  async function who() {
    if (words.owner) return { owner: words.owner, name: words.ownerName };
    return (await recalled("who")) || { owner: "", name: "" };
  }
  /* Whether this tablet is locked, said without a network: no page of the open log-in since somebody locked it, no finger for 15
     min, or the log-in's end is past. What is not known counts as locked, and only shell.js opens. */
  async function isLocked() {
    const person = await recalled("who");
    let idle;
    try {
      idle = Date.now() - Number(localStorage.getItem(TOUCHED));
      if (!person || localStorage.getItem(OPEN) !== person.owner) return true;
      // A clock that was set back counts as well.
      if (idle > -FRESH_MS && idle <= person.idleMs && now() <= person.ends) return false;
      localStorage.removeItem(OPEN);
    } catch (_refused) { /* a browser that keeps nothing */ }
    return true;
  }
  /* On the pad, where shell.js is not. A finger keeps it open and never opens it. */
  let feltAt = 0;
  async function felt(event) {
    if (!event.isTrusted || Date.now() - feltAt < 10000) return;
    feltAt = Date.now();
    if (!(await isLocked())) localStorage.setItem(TOUCHED, String(Date.now()));
  }
  function csrf() {
    const found = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie);
    return found ? decodeURIComponent(found[1]) : "";
  }
  async function chairs() {
    const kept = await recalled("chairs");
    return kept && now() - new Date(kept.at) < AUTHOR_GONE_MS ? kept.chairs : [];
  }
  /* What the offline pad needs, and a CSRF cookie. Afterwards `words.owner` is who is signed in now. */
  async function refresh() {
    const answer = await fetch(words.snapshot, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (!answer.ok) return false;
    const found = await answer.json();
    words.owner = found.owner;
    words.ownerName = found.owner_name;
    clock = { server: Date.parse(found.now), client: Date.now(), offsets: found.offsets };
    await remember("clock", clock);
    await remember("who", { owner: found.owner, name: found.owner_name, ends: Date.parse(found.ends), idleMs: found.idle_ms });
    await remember("chairs", { at: found.now, chairs: found.chairs });
    return true;
  }
  let refreshedAt = 0;
  function refreshIfOld() {
    if (Date.now() - refreshedAt < FRESH_MS || document.hidden) return;
    refreshedAt = Date.now();
    refresh().catch(function () { /* no network: the last one stands */ });
  }
  /* At sign-out: nobody's chairs are left to be read. What is unsent stays. */
  function forget() {
    try { localStorage.removeItem(OPEN); } catch (_refused) { /* nothing was kept */ }
    return write("kept", function (store) {
      store.delete("chairs");
      store.delete("who");
    });
  }

  /* --- keeping */

  function textOf(form, submitter, fields) {
    const parts = [];
    if (fields.systolic || fields.diastolic) parts.push((fields.systolic || "–") + "/" + (fields.diastolic || "–"));
    form.querySelectorAll("input, select, textarea").forEach(function (field) {
      if (field.type === "hidden" || !fields[field.name] || /^(systolic|diastolic|taken_at)$/.test(field.name)) return;
      if ((field.type === "radio" || field.type === "checkbox") && !field.checked) return;
      const label = field.name === "moaas" ? words.awake : (field.labels && field.labels[0] && (field.labels[0].querySelector("span") || field.labels[0]).textContent.trim()) || "";
      const value = field.tagName === "SELECT" ? field.selectedOptions[0].textContent : field.value;
      parts.push(field.type === "checkbox" ? label : (label + " " + value).trim());
    });
    if (submitter && submitter.name) parts.push(submitter.textContent.trim());
    return parts.join(" · ");
  }
  async function built(form, submitter) {
    const fields = {};
    new FormData(form, submitter).forEach(function (value, name) {
      if (name === "csrfmiddlewaretoken" || name === "write_key") return;
      fields[name] = name in fields ? [].concat(fields[name], value) : value;
    });
    const at = now();
    const text = textOf(form, submitter, fields);
    fields.taken_at = fields.taken_at ? moment(fields.taken_at) : at.toISOString();
    fields.client_clock = new Date().toISOString();
    const key = form.querySelector("[name=write_key]");
    const isNobodys = isPad && (await isLocked());
    const person = isNobodys ? { owner: "", name: "" } : await who();
    const place = (await chairs()).find(function (one) { return one.session === form.dataset.session; });
    const chair = document.querySelector(".band-chair");
    const patient = document.querySelector(".band-who h1");
    return {
      uuid: key && key.value ? key.value : crypto.randomUUID(),
      url: submitter && submitter.hasAttribute("formaction") ? submitter.formAction : new URL(form.getAttribute("action"), location.href).href, // a field named "action" hides form.action
      kind: form.dataset.queue, session: form.dataset.session || "", label: form.dataset.label || form.dataset.queue,
      text: text, fields: fields, takenAt: at.toISOString(), clientClock: fields.client_clock,
      owner: person.owner, ownerName: person.name,
      chair: place ? place.chair : chair ? chair.lastChild.textContent : "",
      patient: place ? place.initials + (isNobodys ? " · " + place.number : "") : patient ? patient.firstChild.textContent : "",
      refused: null, typedLocked: isNobodys,
    };
  }
  let last = { form: null, body: "", at: 0 };
  async function onSubmit(event) {
    const form = event.target;
    if (event.defaultPrevented || !form.matches || !form.matches("form[data-queue]")) return;
    if (!words.owner && !isPad) return;
    event.preventDefault();
    const submitter = event.submitter;
    const data = new FormData(form, submitter);
    data.delete("write_key");
    data.delete("csrfmiddlewaretoken");
    const body = new URLSearchParams(data).toString();
    const bounced = last.form === form && last.body === body && Date.now() - last.at < TWICE_MS;
    last = { form: form, body: body, at: Date.now() };
    if (bounced) return;
    try {
      const entry = await built(form, submitter);
      await keep(entry);
      typedHere.set(entry.uuid, Date.now());
      const key = form.querySelector("[name=write_key]");
      if (key) key.value = crypto.randomUUID();
      await changed();
      say("queued", { entry: entry });
      // The number pad keeps its figures until the answer is there, and empties itself.
      if (form.id !== "reading-form") form.reset();
    } catch (fault) {
      if (isPad && (await isLocked())) return say("unkept", {});
      // No room or no storage: as without this script.
      if (submitter && submitter.name) {
        const pressed = document.createElement("input");
        pressed.type = "hidden";
        pressed.name = submitter.name;
        pressed.value = submitter.value;
        form.append(pressed);
      }
      form.submit();
      return;
    }
    flush();
  }

  /* --- sending */

  function say(name, detail) {
    document.dispatchEvent(new CustomEvent("afterglow:" + name, { detail: detail }));
  }
  function body(entry) {
    const sent = new URLSearchParams();
    Object.keys(entry.fields).forEach(function (name) {
      [].concat(entry.fields[name]).forEach(function (value) { sent.append(name, value); });
    });
    sent.set("write_key", entry.uuid);
    return sent;
  }
  async function post(entry) {
    return fetch(entry.url, {
      method: "POST", body: body(entry), signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "X-Afterglow-Fragment": "1", "X-Afterglow-Owner": entry.owner, "X-CSRFToken": csrf() },
    });
  }
  /* sent, refused (for good), waiting (for a log-in), or offline. */
  async function deliver(entry) {
    let answer;
    try {
      answer = await post(entry);
      if (answer.status === 403 && answer.headers.get("X-Afterglow-Refused") === "csrf") {
        if (!(await refresh())) return { end: "waiting" };
        answer = await post(entry);
        if (answer.status === 403 && answer.headers.get("X-Afterglow-Refused") === "csrf") return { end: "waiting" };
      }
      const isLogin = answer.redirected && new URL(answer.url).pathname === words.login;
      if (answer.status === 401 || isLogin) return { end: "waiting" };
      if (answer.status >= 500 || answer.status === 408 || answer.status === 425 || answer.status === 429) return { end: "offline" };
      const html = await answer.text();
      return { end: answer.ok ? "sent" : "refused", html: html, status: answer.status };
    } catch (fault) {
      return { end: "offline" };
    }
  }
  function reasonIn(html, status) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const found = new Set();
    page.querySelectorAll(".error-summary li, .error-text, .errors li").forEach(function (one) {
      one.querySelectorAll(".vh").forEach(function (hidden) { hidden.remove(); });
      found.add(one.textContent.trim());
    });
    return Array.from(found).join(" ") || (status === 403 ? words.mayNot : status === 404 ? words.gone : words.unknown);
  }
  /* Whether the page put the refused form in its place, with what was typed in it, while it was told. */
  function isShown(html, tell) {
    const given = document.createElement("template");
    given.innerHTML = html;
    const parts = Array.from(given.content.children).map(function (part) { return [part.id, document.getElementById(part.id)]; });
    tell();
    return parts.some(function (pair) { return pair[1] && document.getElementById(pair[0]) !== pair[1]; });
  }
  async function finish(entry, result) {
    const isHere = sessionHere() === entry.session;
    const html = isHere ? result.html : "";
    if (result.end === "sent") {
      await drop(entry);
      await changed();
      say("sent", { entry: entry, html: html, status: 200 });
      return;
    }
    const isFirst = isHere && !entry.waited && Date.now() - (typedHere.get(entry.uuid) || 0) < TIMEOUT_MS;
    const isOnPage = isFirst && isShown(html, function () {
      say("refused", { entry: entry, html: html, status: result.status, kept: false });
    });
    if (isOnPage) {
      await drop(entry);
      return changed();
    }
    entry.refused = { status: result.status, reason: reasonIn(result.html, result.status) };
    await keep(entry);
    await changed();
    say("refused", { entry: entry, html: "", status: result.status, kept: true });
  }
  async function sendAll() {
    const person = await who();
    const stopped = new Set(); // sessions whose first entry did not go: what follows it waits
    let late = 0;
    let next = "ok";
    for (const entry of await load()) {
      if (entry.refused || entry.typedLocked || entry.owner !== person.owner || stopped.has(entry.session)) continue;
      const result = await deliver(entry);
      if (result.end === "offline" || result.end === "waiting") {
        stopped.add(entry.session);
        if (next !== "offline") next = result.end;
        await waits(entry, result.end === "offline");
        if (result.end === "offline") break;
        continue;
      }
      if (result.end === "sent" && entry.waited) late += 1;
      await finish(entry, result);
    }
    await load();
    state = next;
    if (late) sentText(late);
    show();
    return next;
  }
  /* Says of an entry, or without a network of all, that it has to wait: it is no longer an answer that somebody stands by for. */
  async function waits(entry, isAll) {
    for (const one of isAll ? entries : [entry]) {
      if (one.waited || one.refused || one.typedLocked) continue;
      one.waited = true;
      await keep(one);
      say("unsent", { entry: one, count: entries.length });
    }
  }
  let sending = null;
  let wanted = false;
  function flush() {
    wanted = true;
    if (!sending) sending = loop().finally(function () { sending = null; });
    return sending;
  }
  async function loop() {
    clearTimeout(timer);
    let end = "ok";
    while (wanted) {
      wanted = false;
      // One tab sends at a time; the server takes each key once anyway.
      end = navigator.locks ? await navigator.locks.request("afterglow-send", sendAll) : await sendAll();
    }
    if (end === "ok") {
      tries = 0;
      return;
    }
    timer = setTimeout(flush, WAITS_S[Math.min(tries, WAITS_S.length - 1)] * 1000);
    tries += 1;
  }
  function hurry() {
    tries = 0;
    return flush();
  }

  /* --- showing */

  function counted(name, count) {
    return words[name + (count === 1 ? "One" : "Many")].replace("{n}", count);
  }
  let sentTimer = 0;
  function sentText(count) {
    clearTimeout(sentTimer);
    box.dataset.justSent = counted("sent", count) + " " + clockText(now());
    sentTimer = setTimeout(function () {
      delete box.dataset.justSent;
      show();
    }, SENT_MS);
  }
  function statusText() {
    const nobodys = isPad ? entries.filter(function (entry) { return entry.typedLocked; }).length : 0;
    const unsent = entries.filter(function (entry) { return !entry.refused && !entry.typedLocked; });
    const mine = unsent.filter(function (entry) { return entry.owner === words.owner || !words.owner; });
    const other = unsent.find(function (entry) { return !mine.includes(entry); });
    if (state === "offline" || !navigator.onLine) {
      const kept = [unsent.length && counted("kept", unsent.length), nobodys && counted("nobodys", nobodys)];
      return [words.offline].concat(kept).filter(Boolean).join(" · ");
    }
    if (mine.length && state === "waiting") return counted("login", mine.length);
    if (mine.some(function (entry) { return entry.waited; })) return counted("kept", mine.length);
    if (box.dataset.justSent) return box.dataset.justSent;
    if (other) return counted("others", unsent.length - mine.length).replace("{who}", other.ownerName);
    return nobodys ? counted("nobodys", nobodys) : "";
  }
  function sessionHere() {
    const found = /\/s\/([0-9a-f-]{36})\//.exec(location.pathname);
    return found ? found[1] : "";
  }
  function line(entry) {
    const item = document.createElement("li");
    item.className = "unsent";
    item.dataset.uuid = entry.uuid;
    const mark = document.createElement("span");
    mark.className = "unsent-mark";
    mark.setAttribute("aria-hidden", "true");
    mark.textContent = "◌";
    const said = document.createElement("span");
    said.textContent = [clockText(entry.fields.taken_at || entry.takenAt), entry.label, entry.text].filter(Boolean).join(" · ");
    const note = document.createElement("em");
    note.textContent = entry.refused ? words.notTaken : entry.typedLocked ? words.notClaimed : words.notSent;
    item.append(mark, said, note);
    return item;
  }
  function show() {
    const text = statusText();
    const status = document.getElementById("outbox-state");
    if (status) {
      if (status.textContent !== text) status.textContent = text;
      status.hidden = !text;
      status.classList.toggle("is-warning", text !== box.dataset.justSent);
    }
    const refused = entries.filter(function (entry) { return entry.refused; }).length;
    const nobodys = entries.filter(function (entry) { return entry.typedLocked; }).length;
    const strip = document.getElementById("outbox-strip");
    if (strip) {
      strip.hidden = !(refused + nobodys) || Boolean(document.getElementById("outbox-list"));
      const about = refused && nobodys ? "both" : refused ? "refused" : "nobodys";
      if (!strip.hidden) strip.querySelector("[data-count]").textContent = counted(about, refused + nobodys);
      const short = strip.querySelector("[data-short]"); // in a header there is room for three words
      const name = "short" + about[0].toUpperCase() + about.slice(1);
      if (short && !strip.hidden) short.textContent = counted(name, refused + nobodys);
    }
    document.querySelectorAll("#unsent, [data-unsent-list]").forEach(function (list) {
      const kept = entries.filter(function (entry) {
        if (entry.session !== (list.dataset.unsentList || sessionHere())) return false;
        return entry.typedLocked || !list.hasAttribute("data-locked");
      });
      const ids = kept.map(function (entry) { return entry.uuid + (entry.refused ? "!" : ""); }).join();
      if (list.dataset.drawn !== ids) list.replaceChildren(...kept.map(line));
      list.dataset.drawn = ids;
      list.hidden = !kept.length;
    });
    const waiting = {};
    entries.forEach(function (entry) { waiting[entry.session] = (waiting[entry.session] || 0) + 1; });
    say("waiting", waiting);
    say("outbox", { entries: entries });
  }

  /* --- what the outbox's page does */

  async function again(uuid) { return correct(uuid, null); }
  async function correct(uuid, fields) {
    const entry = (await load()).find(function (one) { return one.uuid === uuid; });
    if (!entry || entry.typedLocked) return;
    if (entry.refused && entry.refused.status === 409) entry.uuid = crypto.randomUUID(); // that key is used up
    if (fields) {
      Object.assign(entry.fields, fields);
      if (entry.fields.taken_at) entry.fields.taken_at = moment(entry.fields.taken_at);
      entry.text = "";
    }
    entry.refused = null;
    await keep(entry);
    await changed();
    hurry();
  }
  /* "It is mine": from here on it is an entry of the person who is signed in now. */
  async function claim(uuid) {
    const isOut = !(await refresh().catch(function () { return true; })); // no network: the last known person is still here
    if (isOut || (await isLocked())) return;
    const person = await who();
    const entry = (await load()).find(function (one) { return one.uuid === uuid; });
    if (!entry || !entry.typedLocked || !person.owner) return;
    Object.assign(entry, { owner: person.owner, ownerName: person.name, typedLocked: false, waited: true });
    await keep(entry);
    await changed();
    hurry();
  }
  async function discard(uuid) {
    if (isPad && (await isLocked())) return;
    const entry = (await load()).find(function (one) { return one.uuid === uuid; });
    if (entry) await drop(entry);
    await changed();
  }

  if (isPad) ["pointerdown", "keydown"].forEach(function (name) { document.addEventListener(name, felt, true); });
  document.addEventListener("submit", onSubmit);
  document.addEventListener("submit", function (event) {
    if (words.logout && new URL(event.target.getAttribute("action") || "", location.href).pathname === words.logout) forget();
  }, true);
  document.addEventListener("afterglow:swapped", function () {
    show();
    refreshIfOld();
  });
  window.addEventListener("online", hurry);
  window.addEventListener("offline", show);
  document.addEventListener("visibilitychange", function () { if (!document.hidden && entries.length) hurry(); });
  if (channel) channel.onmessage = function () { load().then(show); };
  const ready = opened.then(async function () {
    clock = await recalled("clock");
    await load();
    show();
    flush();
  });
  window.afterglowOutbox = {
    ready: ready, all: load, again: again, correct: correct, claim: claim, discard: discard, flush: hurry, now: now,
    show: show, clockText: clockText, dayText: dayText, whenText: whenText, chairs: chairs, who: who, isLocked: isLocked, forget: forget,
  };
  window.addEventListener("load", function () {
    setTimeout(function () {
      if (words.owner) refreshIfOld();
      if (navigator.serviceWorker && words.worker) navigator.serviceWorker.register(words.worker, { scope: "/" }).catch(function () {});
    }, 3000);
  });
})();
