// node bench/lighthouse.mjs URL [--runs 5] [--least 95] [ROUTE…]: what Lighthouse says of pages, each opened by a browser of its own with nothing
// cached, as its phone: scores of all categories, medians. Routes are written as in Leptos.toml, whose own are taken when none is given; what they
// need is made first. What took most of a score is told, and a score below --least ends this with 1.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const FIGURES = { FCP: 'first-contentful-paint', LCP: 'largest-contentful-paint', TBT: 'total-blocking-time' };
const DIRECTIVE = 'A marketplace for vintage synthesizers, with escrow';
const CHROMIUM_FLAGS = ['--headless=new', '--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Of a route that is too low the runs are made as often again, and all of them count: most of what disturbs is the machine's. */
const TRIES = 3;
const RECORDINGS_MAX = 5;
const PAGE_LIMIT_MS = 45_000;
/** What only its owner sees, and what a browser shows in the place of a page, is kept from search engines on purpose. */
const PRIVATE = /^\/(projects|settings|offline)/;
const MADE_WITHIN_MS = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '5' }, least: { type: 'string', default: '95' } },
});
const [site, ...asked] = positionals;
const runs = Number(values.runs);
const least = Number(values.least);
if (!site || !(runs >= 1 && runs <= 20) || !(least >= 0 && least <= 100)) {
  console.error('Usage: node bench/lighthouse.mjs URL [--runs 5] [--least 95] [ROUTE…]');
  process.exit(2);
}

/** The routes with budgets; one that is not there answers 404, which Lighthouse does not look at. */
function routesWithBudgets() {
  const budgets = readFileSync(new URL('../Leptos.toml', import.meta.url), 'utf8');
  return [...budgets.matchAll(/^\[budgets\.routes\."(.+)"\]$/gm)].map(([, route]) => route).filter((route) => route !== '/nowhere');
}

async function ask(path, options = {}) {
  const answer = await fetch(new URL(path, site), { ...options, signal: AbortSignal.timeout(MADE_WITHIN_MS) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return { text, cookie: answer.headers.getSetCookie().map((set) => set.split(';')[0]).join('; ') };
}

/** A guest with a project that is whole and public: how they are known, and what stands for the names in routes. */
async function prepare() {
  const json = { 'content-type': 'application/json' };
  const made = await ask('/api/projects', { method: 'POST', headers: json, body: JSON.stringify({ directive: DIRECTIVE }) });
  const { project_id: id, generation_id: generation } = JSON.parse(made.text);
  const headers = { cookie: made.cookie };
  await ask(`/api/generations/${generation}/events`, { headers });
  const shown = await ask(`/api/projects/${id}`, { method: 'PATCH', headers: { ...headers, ...json }, body: JSON.stringify({ visibility: 'public' }) });
  const slug = JSON.parse(shown.text).shared_at_path.split('/').at(-1);
  return { headers, address: (route) => route.replace('{id}', id).replace('{slug}', slug) };
}

/** Now and then Chromium's recording lacks the moment at which the navigation began, and with it all that is counted from there. */
async function look(route) {
  for (let again = 0; ; again += 1) {
    const report = await lookOnce(route);
    if (!report.runtimeError) return report;
    if (report.runtimeError.code !== 'NO_NAVSTART' || again === RECORDINGS_MAX) throw new Error(`${route}: ${report.runtimeError.message}`);
  }
}

async function lookOnce(route) {
  const chromium = await launch({
    chromePath: process.env.ATLAS9_CHROMIUM || '/usr/bin/chromium',
    chromeFlags: CHROMIUM_FLAGS,
    logLevel: 'silent',
  });
  try {
    const { lhr } = await lighthouse(new URL(address(route), site).href, {
      port: chromium.port,
      logLevel: 'silent',
      output: 'json',
      onlyCategories: CATEGORIES,
      skipAudits: PRIVATE.test(route) ? ['is-crawlable'] : [],
      extraHeaders: headers,
      maxWaitForLoad: PAGE_LIMIT_MS,
    });
    return lhr;
  } finally {
    await chromium.kill();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const scores = (reports) => CATEGORIES.map((name) => Math.round(100 * median(reports.map(({ categories }) => categories[name].score ?? 0))));

/** What took most of a category's score in the report that is its median. */
function reasons(reports, name) {
  const report = reports.toSorted((a, b) => a.categories[name].score - b.categories[name].score)[Math.floor(reports.length / 2)];
  return report.categories[name].auditRefs
    .map(({ id, weight }) => ({ ...report.audits[id], lost: weight * (1 - (report.audits[id].score ?? 1)) }))
    .filter(({ lost }) => lost > 0)
    .sort((a, b) => b.lost - a.lost)
    .slice(0, 5)
    .map(({ id, title, displayValue }) => `    ${id}: ${title}${displayValue ? ` (${displayValue})` : ''}`);
}

const { headers, address } = await prepare();
console.log(`Lighthouse, its phone, medians of ${runs}, a score of ${least} wanted`);
console.log(['route'.padEnd(24), ...CATEGORIES.map((name) => name.padStart(15)), ...Object.keys(FIGURES).map((name) => `${name} ms`.padStart(9)), 'CLS'.padStart(7)].join(''));
let isLow = false;
for (const route of asked.length > 0 ? asked : routesWithBudgets()) {
  const reports = [];
  do {
    for (let run = 0; run < runs; run += 1) reports.push(await look(route));
  } while (scores(reports).some((score) => score < least) && reports.length < TRIES * runs);
  const row = scores(reports);
  const figure = (id) => median(reports.map(({ audits }) => audits[id].numericValue ?? 0));
  const figures = Object.values(FIGURES).map((id) => figure(id).toFixed(0).padStart(9));
  console.log([route.padEnd(24), ...row.map((score) => String(score).padStart(15)), ...figures, figure('cumulative-layout-shift').toFixed(3).padStart(7)].join(''));
  for (const [index, name] of CATEGORIES.entries()) {
    if (row[index] < least) isLow = true;
    const lost = reasons(reports, name);
    if (row[index] < 100 && lost.length > 0) console.log(`  ${name}${row[index] < least ? ` is below ${least}` : ''}:\n${lost.join('\n')}`);
  }
}
process.exitCode = isLow ? 1 : 0;
