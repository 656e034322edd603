// Loads the islands' WASM and hydrates the islands of this page. Which files to load stands in this module's own address.
const files = new URL(import.meta.url).searchParams;

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
}

if (document.querySelector("leptos-island")) {
  if ("requestIdleCallback" in window) requestIdleCallback(start, { timeout: 200 });
  else start();
}
