// node bench/first-piece.mjs URL [--times 15]: a browser sends the form of the landing page; how long until the first piece is in a frame, and
// until the server has begun to answer with the editor. Beside it what the browser takes for a form that leads to a page without any work.
// Medians. Ends by itself.
import { chromium } from 'playwright-core';

const url = process.argv[2];
const times = Number(process.argv[4] ?? 15);
if (!url) {
  console.error('Usage: node bench/first-piece.mjs URL [--times 15]');
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.ATLAS9_CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await (await browser.newContext()).newPage();
await page.addInitScript(() => {
  const watch = new MutationObserver(() => {
    // The last thing of the page without work, and the first piece of the editor.
    if (!document.querySelector(location.pathname === '/explore' ? 'footer' : '[data-piece]')) return;
    watch.disconnect();
    requestAnimationFrame(() => {
      document.documentElement.dataset.shown = String(performance.timeOrigin + performance.now());
    });
  });
  watch.observe(document, { childList: true, subtree: true });
});

// Sends the form as somebody would who presses the button; when that was.
function send() {
  return page.evaluate(() => {
    const now = performance.timeOrigin + performance.now();
    document.querySelector('form.directive').requestSubmit();
    return now;
  });
}

async function frame() {
  const shown = await page.waitForFunction(() => document.documentElement.dataset.shown, undefined, { timeout: 10_000 });
  return Number(await shown.jsonValue());
}

const idle = [];
for (let run = 0; run < times; run += 1) {
  await page.goto(url);
  await page.evaluate(() => Object.assign(document.querySelector('form.directive'), { action: '/explore', method: 'get', noValidate: true }));
  const sent = await send();
  await page.waitForURL(/\/explore/, { waitUntil: 'commit' });
  idle.push({ shown: (await frame()) - sent });
}

const rows = [];
for (let run = 0; run < times; run += 1) {
  await page.goto(url);
  await page.getByRole('textbox').fill(`A club where neighbours lend each other ladders, number ${run}`);
  const sent = await send();
  await page.waitForURL(/\/edit$/, { waitUntil: 'commit' });
  const shown = await frame();
  const { began, answered } = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    return {
      began: performance.timeOrigin + navigation.redirectStart,
      answered: performance.timeOrigin + navigation.responseStart,
    };
  });
  rows.push({ shown: shown - sent, answered: answered - sent, began: began - sent });
  await page.waitForSelector('[data-state="done"]', { timeout: 20_000 });
}
await browser.close();

const median = (of, among = rows) => among.map(of).sort((a, b) => a - b)[Math.floor(rows.length / 2)];
const line = (what, ms, target = '') => console.log(`${what.padEnd(58)}${ms.toFixed(0).padStart(8)} ms   ${target}`);
console.log(`${times} times, medians`);
line('from any form to a frame with a page that needs no work', median(({ shown }) => shown, idle));
line('from the POST to the first bytes of the editor', median(({ answered }) => answered));
line('from the POST to a frame with the first piece', median(({ shown }) => shown), '< 100 ms');
