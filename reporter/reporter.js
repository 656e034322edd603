// Measures how a page feels to whoever visits it, and says so once, when they leave it. Bundled with `web-vitals` into one module that comes after the
// content. No cookie, nothing stored, nothing of whose it is; and nothing measured at all for those who do not want it.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';

const WHERE = '/api/analytics';

// The server refuses a beacon as a whole for one word or number that it does not know, so that nothing else is sent.
const OWN = ['hydration', 'first-piece', 'stream-gap', 'long-task'];
const NAVIGATIONS = ['navigate', 'reload', 'back-forward', 'back-forward-cache', 'prerender', 'restore'];
const CONNECTIONS = ['slow-2g', '2g', '3g', '4g'];
/** More milliseconds than this are those of a machine that slept. */
const MOST_MS = 600_000;
const MOST_CLS = 50;

const { route, release } = document.documentElement.dataset;

// A page life ends when the page is hidden for the first time; the back/forward cache begins another.
const measured = new Map();
let page;
let device;
let navigation;
let isSaid;

function begin() {
  // Not randomUUID, which is missing where there is no TLS.
  page = crypto.getRandomValues(new Uint32Array(2)).join('-');
  device = kindOfDevice();
  measured.clear();
  navigation = undefined;
  isSaid = false;
}

function keep({ name, value, rating }) {
  if (value >= 0 && value <= (name === 'CLS' ? MOST_CLS : MOST_MS)) measured.set(name, { name, value, rating });
}

function keepVital(metric) {
  navigation = metric.navigationType;
  keep(metric);
}

function keepOwn(detail) {
  if (OWN.includes(detail.name)) keep(detail);
}

function kindOfDevice() {
  if (!matchMedia('(pointer: coarse)').matches) return 'desktop';
  return Math.min(screen.width, screen.height) < 600 ? 'phone' : 'tablet';
}

function among(known, said) {
  return known.includes(said) ? said : undefined;
}

function say() {
  if (document.visibilityState !== 'hidden' || isSaid || measured.size === 0) return;
  isSaid = true;
  const common = {
    id: page,
    navigationType: among(NAVIGATIONS, navigation),
    route,
    release,
    device,
    connection: among(CONNECTIONS, navigator.connection?.effectiveType),
  };
  navigator.sendBeacon(WHERE, JSON.stringify([...measured.values()].map((one) => ({ ...one, ...common }))));
}

function measure() {
  begin();
  // Before web-vitals listens: what it measures of a page that came back is of the new life.
  addEventListener('pageshow', (event) => event.persisted && begin(), true);
  for (const listen of [onCLS, onFCP, onINP, onLCP, onTTFB]) listen(keepVital);
  for (const detail of globalThis.atlas9Measured ?? []) keepOwn(detail);
  addEventListener('atlas9:measured', (event) => keepOwn(event.detail));
  // Late, when the event has been everywhere else: web-vitals hears it on its way down to the document, and gives CLS, INP and LCP only then. A page
  // that is left hears `pagehide` while it is still visible and is hidden next; one that was never seen hears `pagehide` alone.
  for (const leaving of ['visibilitychange', 'pagehide']) addEventListener(leaving, say);
}

if (route && !navigator.globalPrivacyControl && navigator.doNotTrack !== '1') measure();

// After the load, so that what a new worker fetches takes nothing from the page. Each build has an address of its own: a page of another replaces it.
addEventListener('load', () => navigator.serviceWorker?.register(`/sw.js?build=${BUILD}`).catch(() => {}));
