/* Keeps the offline pad with its CSS and JS, and gives it out when a page cannot be had. It keeps nothing else: no page with a
   patient on it is ever stored. KEPT = {version, pad, files} is written above this line by the server. */
"use strict";
const NAME = "afterglow-" + self.KEPT.version;
const files = new Set(self.KEPT.files.map(function (file) { return new URL(file, self.location).href; }));
// Pages of people who are not staff: their own page says what to do without a network.
const NOT_STAFF = /^\/(c|help-now|api)(\/|$)/;

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(NAME).then(function (cache) {
    // Without cookies: what is kept is the same for everybody.
    return cache.addAll([self.KEPT.pad].concat(self.KEPT.files).map(function (url) {
      return new Request(url, { credentials: "omit", cache: "no-cache" });
    }));
  }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name.startsWith("afterglow-") && name !== NAME; })
      .map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});

self.addEventListener("fetch", function (event) {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (NOT_STAFF.test(url.pathname)) return;
    event.respondWith(fetch(request).catch(function () { return caches.match(self.KEPT.pad); }));
  } else if (files.has(url.href)) {
    event.respondWith(fetch(request).catch(function () { return caches.match(request, { ignoreVary: true }); }));
  }
});
