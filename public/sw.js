// Keeps built files, whose names change with their content, and one page for when the network is away. Nothing else.
// Shows what is pushed.

// Each build registers an address, and so has a cache, of its own.
const KEPT = location.search;
const OFFLINE = "/offline";
const HASHED = /\/pkg\/[\w.-]+\.[\w-]{10,}\.\w+/g;
const MOST = 40;

addEventListener("install", (event) => {
  // The last words of a page that is left would get lost in here.
  event.addRoutes?.({ condition: { urlPattern: "/api/*" }, source: "network" });
  event.waitUntil(prepare());
});

addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  // A form that fails is left to the browser: it can send it again.
  if (mode === "navigate" && method === "GET") event.respondWith(page(event));
  else if (url.match(HASHED)) event.respondWith(file(event, event.request));
});

addEventListener("push", (event) => event.waitUntil(tell(event.data)));

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(visit(event.notification.data));
});

async function prepare() {
  const cache = await caches.open(KEPT);
  await cache.add(OFFLINE);
  const html = await (await cache.match(OFFLINE)).text();
  await cache.addAll([...new Set(html.match(HASHED))]);
  skipWaiting();
}

async function takeOver() {
  await registration.navigationPreload.enable();
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
}

function page({ request, preloadResponse }) {
  return preloadResponse.then((early) => early ?? fetch(request)).catch(() => caches.match(OFFLINE));
}

async function file(event, request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (/immutable/.test(answer.headers.get("cache-control"))) event.waitUntil(keep(cache, request, answer.clone()));
  return answer;
}

async function keep(cache, request, answer) {
  await cache.put(request, answer);
  // The first is the offline page.
  for (const old of (await cache.keys()).slice(1, -MOST)) await cache.delete(old);
}

// Something is shown whatever was pushed: browsers take the right to push from those who show nothing.
function tell(data) {
  let said;
  try {
    said = data.json();
  } catch {
    // It is told of in general words.
  }
  const { title, body, href, tag } = said ?? {};
  // What is new takes the place of what is there, and makes itself heard.
  const shown = { body: body ?? "", tag: tag ?? "", renotify: Boolean(tag), data: ours(href ?? "") };
  return registration.showNotification(title || "Atlas9", shown);
}

// An address of this site, and none of any other.
function ours(href) {
  const home = `${location.origin}/`;
  const whole = URL.canParse(href, home) ? new URL(href, home).href : home;
  return whole.startsWith(home) ? whole : home;
}

// Pages that were opened before the first worker came are looked at as well.
async function visit(address) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => url === address);
  return there ? there.focus() : clients.openWindow(address);
}
