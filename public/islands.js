// Loads the islands' WASM, hydrates the islands of this page, and measures how that feels. Which files to load stands in this module's own address.
const files = new URL(import.meta.url).searchParams;
const began = performance.now();

async function hydrateAll(root, islands) {
  for (const element of root.querySelectorAll("leptos-island")) {
    const hydrate = islands[element.dataset.component];
    if (hydrate) await hydrate(element);
    else console.warn(`No island is called ${element.dataset.component}: page and program are of different builds.`);
  }
}

async function start() {
  const islands = await import(files.get("js"));
  await islands.default({ module_or_path: files.get("wasm") });
  islands.hydrate();
  await hydrateAll(document, islands);
  // Nothing is measured of whoever does not want it, and nothing that nobody sees.
  if (navigator.globalPrivacyControl || navigator.doNotTrack === "1" || document.hidden) return;
  tell("hydration", performance.now() - began);
  const work = document.querySelector('[data-generation][data-state="running"]');
  if (work) measure(work);
}

/** Hands a timing to the reporter, which may come later. */
function tell(name, value) {
  const detail = { name, value };
  (globalThis.atlas9Measured ??= []).push(detail);
  dispatchEvent(new CustomEvent("atlas9:measured", { detail }));
}

/** Measures how pieces come while a generation runs and somebody looks. */
function measure(work) {
  const alive = performance.now();
  // Whoever typed a wish was led here; whoever only came to look has wished nothing that could be waited for.
  const isAwaited = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
  const isBare = !work.querySelector("[data-piece]");
  let last;
  let gap;
  let longest = 0;
  let isOver = false;

  const arrivals = new MutationObserver((changes) => {
    if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.dataset?.piece !== undefined))) arrived();
    if (work.dataset.state === "running") return;
    arrivals.disconnect();
    // A task is known once it is over, this one too.
    setTimeout(end);
  });

  // Elsewhere than in Chromium nobody knows of long tasks, which is not the same as none.
  const knowsTasks = PerformanceObserver.supportedEntryTypes.includes("longtask");
  const tasks = new PerformanceObserver((list) => noteTasks(list.getEntries()));

  if (isAwaited && !isBare) tellFirstPaint();
  arrivals.observe(work, { childList: true, subtree: true, attributeFilter: ["data-state"] });
  if (knowsTasks) tasks.observe({ type: "longtask" });
  document.addEventListener("visibilitychange", end);

  function arrived() {
    const now = performance.now();
    if (last !== undefined) gap = Math.max(gap ?? 0, now - last);
    else if (isAwaited && isBare) tell("first-piece", now);
    last = now;
  }

  function noteTasks(entries) {
    for (const { startTime, duration } of entries) if (startTime >= alive) longest = Math.max(longest, duration);
  }

  // Hidden pages are drawn when the browser likes, and the reporter speaks when the page is hidden: before that, and only once.
  function end() {
    if (isOver) return;
    isOver = true;
    arrivals.disconnect();
    noteTasks(tasks.takeRecords());
    tasks.disconnect();
    if (gap !== undefined) tell("stream-gap", gap);
    if (knowsTasks && last !== undefined) tell("long-task", longest);
  }
}

/** What came with the page was there when the page was first painted, which may be yet to come. */
function tellFirstPaint() {
  const paints = new PerformanceObserver((list) => {
    const [painted] = list.getEntriesByName("first-contentful-paint");
    if (!painted) return;
    paints.disconnect();
    tell("first-piece", painted.startTime);
  });
  paints.observe({ type: "paint", buffered: true });
}

if (document.querySelector("leptos-island")) {
  if ("requestIdleCallback" in window) requestIdleCallback(start, { timeout: 200 });
  else start();
}
