// How fast the site feels to those who visit it, on /speed: nothing at first, then what browsers sent, of whatever is asked.
import { gzipSync } from 'node:zlib';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { expectWellMade } from './support/looks';
import { otherScripts } from './support/scripts';
import { useServer } from './support/server';

const server = useServer();
const fresh = useServer();

/** What is taken is written within seconds. */
const WRITTEN_WITHIN_MS = 10_000;
/** As Leptos.toml has it. */
const HTML_GZIP_BYTES = 14_000;
/** To look at many pages at three widths and in two themes takes axe its time. */
const MANY_PAGES_MS = 90_000;
const PARTS = ['days', 'vital', 'route', 'device', 'connection', 'release'];

interface Measured {
  readonly name: string;
  readonly value: number;
  readonly route: string;
  readonly device: string;
}

interface Summary {
  readonly days: number;
  readonly vitals: readonly { readonly name: string; readonly samples: number }[];
  readonly detail: { readonly name: string; readonly samples: number } | null;
}

// The browsers of these tests do not want to be measured, so that what is counted is what the tests sent.
test.use({ extraHTTPHeaders: { 'sec-gpc': '1' } });

test.beforeAll(async () => {
  const here = { route: '/', device: 'phone' };
  const there = { route: '/projects/{id}', device: 'desktop' };
  await send(60, (at) => ({ name: 'LCP', value: 600 + at, ...here }));
  await send(60, () => ({ name: 'LCP', value: 3_000, ...there }));
  await send(60, () => ({ name: 'CLS', value: 0.3, ...there }));
  await send(20, () => ({ name: 'INP', value: 77_123, ...here }));
  const counted = async () =>
    (await summary()).vitals.map(({ name, samples }) => `${name} ${samples}`).sort((a, b) => a.localeCompare(b));
  await expect.poll(counted, { timeout: WRITTEN_WITHIN_MS }).toEqual(['CLS 60', 'INP 20', 'LCP 120']);
  // Days that are over: 60 samples of some 400 ms yesterday, 12 on the day before.
  for (const [ago, sketch] of [
    [1, 'ac023c'],
    [2, 'ac020c'],
  ] as const) {
    server.sql(`insert into vital_days (side, vital, route, device, connection, release, day, sketch)
      values (0, 'TTFB', '', '', '', '', ${day(ago)}, '\\x${sketch}')`);
  }
});

test('before anybody came, the foot of every page leads to what will stand there', async ({ page }) => {
  await page.goto(fresh.url());
  await page.getByRole('contentinfo').getByRole('link', { name: 'Speed' }).click();
  await expect(page).toHaveURL(fresh.url('/speed'));
  await expect(page).toHaveTitle('Speed · Atlas9');
  await expect(page.getByRole('heading', { level: 1, name: 'Speed' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Nothing was measured in the last 28 days.');
  await expect(page.getByRole('img')).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Budgets beside what was measured' })).toContainText('not measured');
  await expect(page.getByRole('main')).toContainText('Nothing was made in the last weeks.');
});

test('every vital has its figure, its rating in words, its shares and how sure that is', async ({ page }) => {
  await page.goto(server.url('/speed'));
  const lcp = card(page, 'Largest Contentful Paint');
  await expect(lcp).toContainText(/(2\.9[7-9]|3(\.0[0-3])?) s needs work/);
  await expect(lcp).toContainText('50 % good');
  await expect(lcp).toContainText(/120 samples; between .* and .* with 95 % certainty/);
  await expect(card(page, 'Cumulative Layout Shift')).toContainText(/0\.3\d? poor/);
  const budgets = page.getByRole('region', { name: 'Budgets beside what was measured' });
  await expect(budgets.getByRole('row', { name: 'Largest Contentful Paint' })).toContainText('needs work');
});

test('fewer than fifty samples are counted, and what they would say is not told', async ({ page }) => {
  await page.goto(server.url('/speed?vital=INP'));
  const inp = card(page, 'Interaction to Next Paint');
  await expect(inp).toContainText('too few to say');
  await expect(inp).toContainText('20 samples');
  await expect(inp).not.toContainText(/\d m?s\b/);
  const byPage = page.getByRole('region', { name: 'INP by page' });
  await expect(byPage.getByRole('row').filter({ hasText: '20' })).toContainText('too few to say');
  await expect(byPage).not.toContainText('77');
  const budgets = page.getByRole('region', { name: 'Budgets beside what was measured' });
  await expect(budgets.getByRole('row', { name: 'Interaction to Next Paint' })).toContainText('too few to say');
});

test('drawings say in words what they show, and tables behind them hold every figure', async ({ page }) => {
  await page.goto(server.url('/speed?vital=TTFB'));
  const trend = page.getByRole('img', {
    name: /^Time to First Byte of three of four visits in the last 28 days: .* the only day with enough samples; good up to 800 ms/,
  });
  await expect(trend).toBeVisible();
  await expect(trend).toHaveAccessibleName(/1 release came in these days$/);
  await expect(trend.locator('circle')).toHaveCount(2);
  await expect(trend.locator('circle.few'), 'a day with too few samples is hollow').toHaveCount(1);
  await expect(page.getByRole('img', { name: /^72 samples of Time to First Byte/ })).toBeVisible();

  await page.getByText('Every day as a table').click();
  const days = page.getByRole('region', { name: 'TTFB by the day' });
  await expect(days.getByRole('row', { name: server.sql(`select ${day(1)}`) })).toContainText(/60.*good/);
  await expect(days.getByRole('row', { name: server.sql(`select ${day(2)}`) })).toContainText(/12.*too few to say/);
  await expect(page.getByRole('region', { name: 'Releases that came' }).locator('tbody tr')).toHaveCount(1);
  await page.getByText('Every figure as a table').click();
  await expect(page.getByRole('region', { name: 'Distribution of TTFB' }).locator('tbody')).toContainText('100 %');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('days and vitals are links, and one keeps what the other chose', async ({ page }) => {
    await page.goto(server.url('/speed'));
    await page.getByRole('navigation', { name: 'Days' }).getByRole('link', { name: '90 days' }).click();
    await expect(page).toHaveURL(server.url('/speed?days=90'));
    await page.getByRole('navigation', { name: 'Vitals' }).getByRole('link', { name: 'CLS' }).click();
    await expect(page).toHaveURL(server.url('/speed?days=90&vital=CLS#trend'));
    await expect(page.getByRole('navigation', { name: 'Vitals' }).locator('[aria-current]')).toHaveText('CLS');
    await expect(page.getByRole('img', { name: /^Cumulative Layout Shift .* last 90 days/ })).toBeVisible();
    await card(page, 'Largest Contentful Paint').getByRole('link').click();
    await expect(page).toHaveURL(server.url('/speed?days=90#trend'));
  });

  test('a form chooses whose visits are counted, and Clear takes that back', async ({ page }) => {
    await page.goto(server.url('/speed?days=7'));
    await page.getByLabel('Device', { exact: true }).selectOption('phone');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => asked(page)).toEqual({ days: '7', device: 'phone' });
    await expect(page.getByLabel('Device', { exact: true })).toHaveValue('phone');
    await expect(card(page, 'Largest Contentful Paint')).toContainText('60 samples');
    await expect(card(page, 'Largest Contentful Paint')).toContainText(/6\d\d ms good/);
    await expect(page.getByRole('region', { name: 'LCP by device' })).toHaveCount(0);
    await page.getByLabel('Device', { exact: true }).selectOption('desktop');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(card(page, 'Largest Contentful Paint')).toContainText(/ s needs work/);
    await page.getByRole('link', { name: 'Clear' }).click();
    await expect(page).toHaveURL(server.url('/speed?days=7'));
  });

  test('every row of a table leads to itself alone', async ({ page }) => {
    for (const [table, row, query] of [
      ['LCP by page', '/projects/{id}', { route: '/projects/{id}' }],
      ['LCP by device', 'phone', { device: 'phone' }],
      ['LCP by connection', '4G or better', { connection: '4g' }],
      ['LCP by release', await release(), { release: await release() }],
    ] as const) {
      await page.goto(server.url('/speed'));
      await page.getByRole('region', { name: table }).getByRole('link', { name: row, exact: true }).click();
      await expect.poll(() => asked(page), table).toEqual(query);
      await expect(page.getByRole('region', { name: table }), table).toHaveCount(0);
    }
  });
});

test('the same figures are there for programs, of the same question', async ({ page }) => {
  await page.goto(server.url('/speed?days=7&vital=CLS&device=desktop'));
  const href = await page.getByRole('link', { name: 'The same figures as JSON' }).getAttribute('href');
  const figures = await new Guest(server).json<Summary>(href ?? '');
  expect(figures).toMatchObject({ days: 7, detail: { name: 'CLS', samples: 60 } });
});

test('a query that nobody can mean is answered with what can be, and never repeated', async () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' or 1=1; drop table vital_days; --",
    'alert\u0000',
    'alert\u202e(1)',
    'alert'.repeat(1_000),
  ].map(encodeURIComponent);
  const guest = new Guest(server);
  for (const part of PARTS) {
    for (const value of [...hostile, '%ff%fe', '%zz%', '%F0%9F%92%A9']) {
      const answer = await guest.page(`/speed?${part}=${value}`);
      const name = `${part}=${value.slice(0, 60)}`;
      expect(answer.status, name).toBe(200);
      expect(answer.text, name).toContain(`“${part}” takes `);
      expect(answer.text, name).not.toMatch(/alert|onerror|drop table|\uFFFD|💩/);
      expect(answer.text, `${name}: the default is shown`).toContain('120 samples');
    }
  }
  for (const days of ['0', '8', '028', '-7', '+7', '7.0', '1e1', '99999999999999999999']) {
    expect((await guest.page(`/speed?days=${encodeURIComponent(days)}`)).text, days).toContain('“days” takes 7, 28 or 90');
  }
  for (const odd of ['?', '?days', '?=', '?&&&', '?days=7&days=90', '?days=&vital=&route=', '?nothing=at+all']) {
    const answer = await guest.page(`/speed${odd}`);
    expect(answer.status, odd).toBe(200);
    expect(answer.text, odd).not.toContain('” takes ');
  }
});

test('what could be and was not measured is said, with the way back', async ({ page }) => {
  await page.goto(server.url('/speed?days=7&release=6.6.6'));
  await expect(page.getByRole('main')).toContainText('No such visit was measured in the last 7 days.');
  await expect(page.getByLabel('Release', { exact: true })).toHaveValue('6.6.6');
  await page.getByRole('link', { name: 'Show all visits' }).click();
  await expect(page).toHaveURL(server.url('/speed?days=7'));
  await page.goto(server.url('/speed?vital=FID'));
  await expect(page.getByRole('main')).toContainText('No browser has sent this one in these days.');
});

test('no script but the one that measures, nothing inline, and little to transfer', async () => {
  const guest = new Guest(server);
  for (const path of ['/speed', '/speed?days=90&vital=TTFB', '/speed?device=tablet', '/speed?days=x']) {
    const { text } = await guest.page(path);
    expect(otherScripts(text), path).toEqual([]);
    expect(text, path).not.toMatch(/<[a-z][^>]*\sstyle=|javascript:/);
    expect(gzipSync(text).length, path).toBeLessThan(HTML_GZIP_BYTES);
  }
});

test('axe finds nothing serious, in light and dark, and nothing scrolls sideways', async ({ page }) => {
  test.setTimeout(MANY_PAGES_MS);
  for (const path of ['/speed', '/speed?vital=TTFB', '/speed?days=90&vital=CLS&device=desktop', '/speed?days=x&device=y']) {
    await page.goto(server.url(path));
    await expectWellMade(page, path);
  }
  await page.goto(fresh.url('/speed'));
  await expectWellMade(page, 'before anybody came');
});

/** What a vital came to, at a glance. */
function card(page: Page, name: string): Locator {
  const heading = page.getByRole('heading', { level: 3, name });
  return page.getByRole('region', { name: 'Vitals', exact: true }).getByRole('listitem').filter({ has: heading });
}

/** What the address asks for. */
function asked(page: Page): Record<string, string> {
  return Object.fromEntries([...new URL(page.url()).searchParams].filter(([, value]) => value !== ''));
}

/** A day so long ago, as PostgreSQL tells it. */
function day(ago: number): string {
  return `(now() at time zone 'utc')::date - ${ago}`;
}

/** The release that is served, as pages name it for the reporter. */
async function release(): Promise<string> {
  const { text } = await new Guest(server).page('/');
  return /<html\b[^>]*\sdata-release="([^"]+)"/.exec(text)?.[1] ?? '';
}

/** Sends measurements as browsers do, some at once. */
async function send(many: number, measured: (at: number) => Measured): Promise<void> {
  const common = { release: await release(), connection: '4g', navigationType: 'navigate' };
  const all = Array.from({ length: many }, (_, at) => ({ ...measured(at), ...common }));
  for (let from = 0; from < many; from += 40) {
    const answer = await new Guest(server).post('/api/analytics', all.slice(from, from + 40));
    expect(answer.status, answer.text).toBe(204);
  }
}

function summary(): Promise<Summary> {
  return new Guest(server).json<Summary>('/api/analytics/summary');
}
