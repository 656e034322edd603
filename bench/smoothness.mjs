// node bench/smoothness.mjs URL [--times 3] [--slowdown 4]: five sections with half a megabyte of code arrive at the editor all at once, on a
// processor so many times slower. How long the longest tasks of the page take, how many are over 50 ms, and how long until everything is there.
// Medians. Ends by itself.
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const url = process.argv[2];
const options = new Map();
for (let at = 3; at < process.argv.length; at += 2) options.set(process.argv[at], process.argv[at + 1]);
const times = Number(options.get('--times') ?? 3);
const slowdown = Number(options.get('--slowdown') ?? 4);
if (!url) {
  console.error('Usage: node bench/smoothness.mjs URL [--times 3] [--slowdown 4]');
  process.exit(2);
}
const DIRECTIVE = 'A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading';
const LONG_MS = 50;

const browser = await chromium.launch({
  executablePath: process.env.ATLAS9_CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

async function once(run) {
  const context = await browser.newContext();
  const page = await context.newPage();
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  await page.route('**/fn/follow_generation*', async (route) => {
    await opened;
    await route.continue();
  });
  await page.goto(url);
  await page.getByRole('textbox').fill(`${DIRECTIVE}, number ${run}`);
  await page.evaluate(() => document.querySelector('form.directive').requestSubmit());
  await page.waitForURL(/\/edit$/);
  const project = /projects\/([^/]+)/.exec(page.url())[1];
  let made;
  for (let look = 0; look < 100; look += 1) {
    made = await (await context.request.get(new URL(`/api/projects/${project}`, url).href)).json();
    if (made.status === 'done') break;
    await pause(100);
  }
  const code = made.sections.code.files.reduce((sum, { content }) => sum + content.length, 0);
  const early = await page.locator('[data-piece]').count();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.evaluate(() => {
    window.long = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.long.push(duration))).observe({
      entryTypes: ['longtask'],
    });
  });
  const began = performance.now();
  open();
  await page.waitForSelector('[data-state="done"]', { timeout: 90_000 });
  const took = performance.now() - began;
  const long = (await page.evaluate(() => window.long)).filter((ms) => ms > LONG_MS);
  const pieces = (await page.locator('[data-piece]').count()) - early;
  await context.close();
  return { took, worst: Math.max(0, ...long), over: long.length, pieces, code };
}

const rows = [];
for (let run = 0; run < times; run += 1) rows.push(await once(run));
await browser.close();

const median = (of) => rows.map(of).sort((a, b) => a - b)[Math.floor(rows.length / 2)];
const row = (what, target, value) => console.log(`${what.padEnd(58)} ${target.padStart(12)} ${value.padStart(14)}`);
const { pieces, code } = rows[0];
row(`${pieces} pieces, ${Math.round(code / 1_000)} kB of code at once, ${slowdown} times slower`, 'target', 'figure');
row('the longest task of the page', `< ${LONG_MS} ms`, `${median(({ worst }) => worst).toFixed(0)} ms`);
row(`tasks over ${LONG_MS} ms`, '0', String(median(({ over }) => over)));
row('until everything is there', '', `${median(({ took }) => took).toFixed(0)} ms`);
