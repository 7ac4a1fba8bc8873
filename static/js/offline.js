/* Two screens that live on this device: the offline pad (a running chair, then vitals or a side effect) and the outbox (what was
   not sent, and what was not taken). Keeping and sending is outbox.js. */
(function () {
  "use strict";
  const outbox = window.afterglowOutbox;
  const byId = document.getElementById.bind(document);
  const list = byId("outbox-list");
  const pad = byId("pad-session");
  const page = byId("main").dataset;

  function made(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  /* --- the outbox */

  const asked = new Map(); // uuid → "discard" or "correct": what is open under an entry
  let person = { owner: "", name: "" };
  let isLocked = Boolean(pad); // on the pad only: the other pages lie under the lock

  function button(text, deed, className) {
    const made_ = made("button", "btn" + (className ? " " + className : ""), text);
    made_.type = "button";
    made_.addEventListener("click", deed);
    return made_;
  }
  function ask(uuid, what) {
    if (what) asked.set(uuid, what); else asked.delete(uuid);
    draw().then(function () {
      const item = list.querySelector("[data-uuid='" + uuid + "']");
      const target = item && (item.querySelector("input, [data-keep]") || item.querySelector("button"));
      if (target) target.focus();
    });
  }
  function form(entry) {
    const names = JSON.parse(list.dataset.fields);
    const fields = made("form", "more-fields");
    Object.keys(entry.fields).filter(function (name) { return names[name]; }).forEach(function (name) {
      const field = made("div", "field");
      const label = made("label", "", names[name]);
      const input = made("input");
      input.type = "text";
      input.name = name;
      input.id = entry.uuid + name;
      input.autocomplete = "off";
      input.value = name === "taken_at" ? outbox.dayText(entry.fields[name]) : entry.fields[name];
      input.dataset.was = input.value;
      label.htmlFor = input.id;
      field.append(label, input);
      fields.append(field);
    });
    const actions = made("div", "row actions");
    const send = made("button", "btn btn-primary", list.dataset.correct);
    actions.append(send, button(list.dataset.keep, function () { ask(entry.uuid); }));
    fields.append(actions);
    fields.addEventListener("submit", function (event) {
      event.preventDefault();
      const given = {};
      fields.querySelectorAll("input").forEach(function (input) {
        if (input.value !== input.dataset.was) given[input.name] = input.value;
      });
      asked.delete(entry.uuid);
      outbox.correct(entry.uuid, given).then(function () { byId("outbox-title").focus(); });
    });
    return fields;
  }
  function discarding(entry) {
    const box = made("div", "question question-medium");
    box.append(made("p", "", list.dataset.sure));
    const row = made("div", "row");
    const keep = button(list.dataset.keep, function () { ask(entry.uuid); });
    keep.dataset.keep = "";
    row.append(keep, button(list.dataset.discard, function () {
      asked.delete(entry.uuid);
      outbox.discard(entry.uuid).then(function () { byId("outbox-title").focus(); });
    }, "btn-danger"));
    box.append(row);
    return box;
  }
  function item(entry) {
    const words = list.dataset;
    const line = made("li", entry.refused ? "is-refused" : "");
    line.dataset.uuid = entry.uuid;
    const isMine = entry.owner === person.owner;
    line.append(made("b", "", words.chair + " " + (entry.chair || "–") + " · " + (entry.patient || "–")));
    line.append(made("p", "outbox-what", "◌ " + [entry.label, entry.text].filter(Boolean).join(" · ")));
    const at = words.typed + " " + outbox.whenText(entry.fields.taken_at || entry.takenAt);
    line.append(made("p", "mut", entry.typedLocked ? at : at + " " + words.by + " " + entry.ownerName));
    if (entry.typedLocked) line.append(made("p", "outbox-why", words.nobodys));
    else if (entry.refused) line.append(made("p", "outbox-why", words.answer + " " + entry.refused.reason));
    else if (isMine) line.append(made("p", "mut", words.waiting));
    if (!isMine && !entry.typedLocked) line.append(made("p", "outbox-why", words.whose.replace("{who}", entry.ownerName)));
    const row = made("div", "row");
    if ((isMine || entry.typedLocked) && asked.get(entry.uuid) === "discard") {
      line.append(discarding(entry));
    } else if (entry.typedLocked) {
      row.append(button(words.mine, function () {
        outbox.claim(entry.uuid).then(function () { byId("outbox-title").focus(); });
      }, "btn-primary"));
      row.append(button(words.discard, function () { ask(entry.uuid, "discard"); }));
      line.append(row);
    } else if (isMine && asked.get(entry.uuid) === "correct") {
      line.append(form(entry));
    } else if (isMine) {
      row.append(button(words.again, function () { outbox.again(entry.uuid); }, "btn-primary"));
      if (entry.refused) row.append(button(words.correct, function () { ask(entry.uuid, "correct"); }));
      row.append(button(words.discard, function () { ask(entry.uuid, "discard"); }));
      line.append(row);
    }
    return line;
  }
  async function draw() {
    const entries = await outbox.all();
    person = await outbox.who();
    list.hidden = isLocked;
    if (pad) {
      const said = entries.length === 1 ? page.keptOne : page.keptMany;
      byId("pad-hidden").textContent = isLocked && entries.length ? said.replace("{n}", entries.length) : "";
    }
    if (isLocked) {
      return list.querySelector("[data-entries]").replaceChildren();
    }
    const inUse = list.contains(document.activeElement) && /^(INPUT)$/.test(document.activeElement.tagName);
    if (inUse) return;
    const first = function (entry) { return entry.typedLocked || entry.refused ? 1 : 0; };
    const shown = entries.slice().sort(function (a, b) { return first(b) - first(a) || a.seq - b.seq; });
    list.querySelector("[data-entries]").replaceChildren(...shown.map(item));
    list.querySelector("[data-none]").hidden = entries.length > 0;
  }

  /* --- the pad */

  let chosen = null;

  function isTyped() {
    return Array.from(byId("pad-reading").elements).some(function (field) {
      return field.type === "radio" ? field.checked : field.type === "text" && field.value.trim();
    });
  }
  function complain(found) {
    const box = byId("pad-reading").querySelector(".error-summary");
    box.replaceChildren();
    byId("pad-reading").querySelectorAll("[aria-invalid]").forEach(function (field) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      field.closest("label").classList.remove("is-error");
    });
    box.hidden = !found.length;
    document.title = (found.length ? page.error + " " : "") + document.title.replace(page.error + " ", "");
    if (!found.length) return;
    const lines = made("ul");
    found.forEach(function (one) {
      const link = made("a", "", one.text);
      link.href = "#" + one.field.id;
      one.field.setAttribute("aria-invalid", "true");
      one.field.setAttribute("aria-describedby", one.field.id + "_error");
      one.field.closest("label").classList.add("is-error");
      const line = made("li");
      line.id = one.field.id + "_error";
      line.append(link);
      lines.append(line);
    });
    box.append(lines);
    box.focus();
  }
  function wrongs(reading) {
    const found = [];
    const fields = reading.elements;
    reading.querySelectorAll("[data-low]").forEach(function (field) {
      const text = field.value.trim();
      if (!text) return;
      const low = Number(field.dataset.low);
      const high = Number(field.dataset.high);
      const isNumber = /^\d+$/.test(text);
      if (isNumber && Number(text) >= low && Number(text) <= high) return;
      const label = field.closest("label").querySelector("span").textContent.trim();
      found.push({ field: field, text: page.range.replace("{field}", label).replace("{low}", low).replace("{high}", high) });
    });
    const hasBoth = fields.systolic.value && fields.diastolic.value;
    if (!found.length && hasBoth && Number(fields.diastolic.value) >= Number(fields.systolic.value)) {
      found.push({ field: fields.systolic, text: page.below });
    }
    if (!found.length && !isTyped()) found.push({ field: fields.systolic, text: page.empty });
    return found;
  }
  function said(text) {
    const toast = made("span", "toast", text);
    byId("pad-said").replaceChildren(toast);
    setTimeout(function () { toast.remove(); }, 10000);
  }
  /* Tall-man letters for the eye, the plain name for a screen reader. */
  function tall(text, spoken) {
    const seen = made("span", "", text);
    seen.setAttribute("aria-hidden", "true");
    return [made("span", "vh", spoken), seen];
  }
  function choose(chair) {
    if (chosen && chosen.session !== chair.session && isTyped()) return said(page.before);
    if (!chosen || chosen.session !== chair.session) complain([]);
    chosen = chair;
    const band = byId("pad-band");
    band.querySelector(".band-chair").textContent = chair.chair;
    if (isLocked) {
      // The chair and the route: nothing says who sits there.
      band.querySelector(".band-name").textContent = page.chair + " " + chair.chair;
      band.querySelector("strong").textContent = chair.route;
    } else {
      band.querySelector(".band-name").replaceChildren(chair.initials, made("span", "", chair.number + " · " + chair.born));
      band.querySelector("strong").replaceChildren(...tall(chair.drug, chair.spoken), " " + chair.route + " " + chair.dose);
    }
    const reading = byId("pad-reading");
    reading.action = chair.readingUrl;
    reading.dataset.session = chair.session;
    byId("pad-effects").querySelectorAll("form").forEach(function (effect) {
      effect.action = chair.effectUrl;
      effect.dataset.session = chair.session;
      effect.hidden = chair.noEffects.includes(effect.elements.code.value);
    });
    byId("pad-kept").dataset.unsentList = chair.session;
    byId("pad-kept").toggleAttribute("data-locked", isLocked);
    byId("pad-chairs").querySelectorAll("button").forEach(function (one) {
      one.setAttribute("aria-pressed", String(one.dataset.session === chair.session));
    });
    pad.hidden = false;
    outbox.show();
  }
  async function openPad() {
    const chairs = await outbox.chairs();
    person = await outbox.who();
    byId("pad-owner").textContent = isLocked ? page.locked : person.name;
    byId("pad-sends").hidden = isLocked;
    byId("pad-locked").hidden = !isLocked || !person.owner || !chairs.length;
    const why = !person.owner ? page.nobody : chairs.length ? "" : page.none;
    byId("pad-none").textContent = why;
    byId("pad-none").hidden = !why;
    const nav = byId("pad-chairs");
    if (why) {
      nav.hidden = pad.hidden = true;
      nav.replaceChildren();
      return pad.querySelectorAll(".band-name, strong, #pad-kept").forEach(function (one) { one.replaceChildren(); });
    }
    nav.replaceChildren(...chairs.map(function (chair) {
      const pick = button(chair.chair, function () { choose(chair); }, "pad-chair");
      pick.dataset.session = chair.session;
      pick.replaceChildren(made("b", "", chair.chair), made("span", "", isLocked ? chair.route : chair.initials + " · " + chair.number));
      return pick;
    }));
    nav.hidden = false;
    const here = chairs.find(function (chair) {
      return chosen ? chair.session === chosen.session : location.pathname.includes("/" + chair.session + "/");
    });
    if (here) choose(here);
  }
  /* Draws the pad anew when the lock fell or was opened elsewhere on this tablet. */
  let isDrawn = false;
  async function look() {
    const was = isLocked;
    isLocked = await outbox.isLocked();
    if (isDrawn && was === isLocked) return;
    isDrawn = true;
    byId("pad-said").replaceChildren();
    await openPad();
    await draw();
  }
  function tick() {
    look();
    byId("pad-clock").textContent = outbox.clockText(outbox.now());
  }

  if (!outbox) return;
  byId("outbox-title").tabIndex = -1;
  document.addEventListener("afterglow:outbox", draw);
  outbox.ready.then(draw);
  if (!pad) return;
  window.addEventListener("submit", function (event) {
    const sent = event.target;
    if (sent.id === "pad-reading") {
      const found = wrongs(sent);
      complain(found);
      if (found.length) event.preventDefault();
    } else if (sent.dataset.needs && !sent.elements[sent.dataset.needs].value.trim()) {
      event.preventDefault();
      said(page.words);
      sent.elements[sent.dataset.needs].focus();
    }
  }, true);
  document.addEventListener("afterglow:queued", function (event) {
    const entry = event.detail.entry;
    said((entry.typedLocked ? page.keptLocked : page.kept).replace("{who}", entry.patient).replace("{chair}", entry.chair));
    pad.querySelectorAll("details[open]").forEach(function (open) { open.open = false; });
    complain([]);
  });
  document.addEventListener("afterglow:unkept", function () { said(page.unkept); });
  window.addEventListener("storage", look);
  document.addEventListener("visibilitychange", look);
  outbox.ready.then(tick);
  setInterval(tick, 5000);
})();
