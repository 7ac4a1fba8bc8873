/* What every page of the staff has: the server's clock, toasts, parts of the page that the server redraws.

   window.afterglow:
     serverNow()   Date: the server's time when the page was made plus the time that has passed since.
     csrf()        the token for a POST, read at the moment of sending.
     toast(text, {undoForm, linkText, linkHref})  says `text` for 10 s. `undoForm` is a <form> whose submit takes the
                   entry back (it is moved into the toast), or {action, fields}.
     swap(html)    puts each top-level element of `html` in the place of the page's element with the same id. Typed text that
                   differs from what the server had written stays (form.reset() first to drop it), so does the focus.
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

  /* --- toasts */

  function undoButton(undo) {
    var form = undo;
    if (!(undo instanceof HTMLFormElement)) {
      form = document.createElement("form");
      form.method = "post";
      form.action = undo.action;
      var fields = Object.assign({ csrfmiddlewaretoken: csrf() }, undo.fields);
      Object.keys(fields).forEach(function (name) {
        var field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = fields[name];
        form.append(field);
      });
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

  window.afterglow = { toast: toast, swap: swap, serverNow: serverNow, csrf: csrf, busy: busy };
})();
