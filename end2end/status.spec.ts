// How the product stands, for everybody; and what a process measures of itself, for administrators and nobody else.
import { gzipSync } from 'node:zlib';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { expectWellMade } from './support/looks';
import { usePeopled } from './support/members';

const DAYS = 90;
/** As Leptos.toml has it for pages of lists. */
const HTML_GZIP_BYTES = 14_000;
/** To look at several pages at three widths and in two themes takes axe its time. */
const MANY_PAGES_MS = 90_000;
/** Paths as they are stored, and as people call them. */
const PATHS = {
  health: 'Program and stores',
  landing: 'First page',
  projects: 'Projects',
  generation: 'Making a product',
} as const;
type Path = keyof typeof PATHS;
const ALL = Object.keys(PATHS) as Path[];
/** A histogram of 90 visits of 198 ms and 10 of one and a half seconds, as it is stored. */
const SKETCH = '\\x89025a650a';
const NO_VISITS = '\\x';
const people = usePeopled();
const server = people.server;

test.beforeEach(() => {
  server.sql('truncate check_runs, check_days, check_states, check_incidents');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('before anybody has looked nothing is claimed, and the foot of every page leads there', async ({ page }) => {
    await page.goto(server.url('/'));
    await page.getByRole('contentinfo').getByRole('link', { name: 'Status' }).click();
    await expect(page).toHaveURL(server.url('/status'));
    await expect(page).toHaveTitle('Status · Atlas9');
    await expectSaid(page, 'Nobody has looked lately.');
    await expect(page.getByRole('main')).toContainText('It has not done so yet.');
    for (const path of ALL) await expect(check(page, path)).toContainText('Not known');
    await expect(section(page, 'Incidents')).toContainText('Nobody has looked yet');
    await expect(page.getByRole('img')).toHaveCount(0);
    await expect(page.getByRole('main')).not.toContainText('%');
  });

  test('what works is told with since when, the last visit, uptime and today', async ({ page }) => {
    for (const path of ALL) works(path);
    day('health', 0, 129_599, 0, 1);
    await page.goto(server.url('/status'));
    await expectSaid(page, 'Everything works.');
    await expect(page.getByRole('main')).toContainText(/The last time was \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+ s ago\./);
    const landing = check(page, 'landing');
    await expect(landing.locator('.standing')).toHaveText(/^\s*Works\s+since .* UTC, for 3 days\s*$/);
    await expectFigure(landing, 'Last visit', /212 ms\s+\d+ s ago/);
    await expectFigure(landing, 'Up in 90 days', /100 %\s+of 1,440 visits/);
    // One visit that failed among many is not rounded away.
    await expectFigure(check(page, 'health'), 'Up in 90 days', /99\.999 %\s+of 129,600 visits/);
    await expectFigure(landing, 'Today, p50', '198 ms');
    await expectFigure(landing, 'Today, p95', '1.50 s');
    await expect(section(page, 'Incidents')).toContainText('Nothing broke today, as far as visits tell.');
    await expect(section(page, 'How it is measured')).toContainText('3 visits in a row');
  });

  test('what is broken says why, and stands among the incidents until it works again', async ({ page }) => {
    for (const path of ALL) works(path);
    const reason = 'There was no answer: <script>alert(1)</script> connection refused.';
    breaks('generation', '2 hours', reason);
    incident('health', '13 days', '37 minutes', '/api/health answered 503.');
    await page.goto(server.url('/status'));
    await expectSaid(page, 'Making a product does not work.');
    const generation = check(page, 'generation');
    await expect(generation.locator('.standing')).toContainText('Does not work');
    await expect(generation.locator('.caveat')).toHaveText(reason);
    await expect(check(page, 'health').locator('.caveat')).toHaveCount(0);
    const rows = section(page, 'Incidents').getByRole('listitem');
    await expect(rows).toHaveCount(2);
    await expect(rows.nth(0)).toContainText(reason);
    await expect(rows.nth(0)).toContainText('UTC, and still');
    await expect(rows.nth(0)).toContainText('2 h so far');
    await expect(rows.nth(1)).toContainText('/api/health answered 503.');
    await expect(rows.nth(1)).toContainText('37 min');

    breaks('landing', '5 minutes', 'It took 1412 ms; more than 1000 is slow.');
    await page.reload();
    await expectSaid(page, 'The first page and making a product do not work.');
  });

  test('of what nobody looks at any more nothing is said', async ({ page }) => {
    for (const path of ALL) works(path);
    server.sql("update check_runs set at = now() - interval '20 minutes' where name = 'generation'");
    await page.goto(server.url('/status'));
    await expectSaid(page, 'Nobody has looked at making a product lately; the rest works.');
    await expect(check(page, 'generation')).toContainText('Nobody has looked lately.');
    await expectFigure(check(page, 'generation'), 'Last visit', '20 min ago');
    server.sql("update check_runs set at = now() - interval '20 minutes'");
    await page.reload();
    await expectSaid(page, 'Nobody has looked lately.');
  });

  test('each of ninety days is a bar by how it was, and a row of the table', async ({ page }) => {
    works('landing');
    day('landing', 1, 1_400, 40, 0);
    day('landing', 2, 1_439, 0, 1);
    day('landing', 3, 0, 0, 1_440);
    day('landing', 89, 1_440, 0, 0);
    day('landing', 90, 0, 0, 1_440);
    await page.goto(server.url('/status'));
    const landing = check(page, 'landing');
    const drawing = landing.getByRole('img');
    await expect(drawing).toHaveAccessibleName(
      /^First page, the last 90 days: 2 good days, 1 day with slow visits, 2 days with failed visits, 85 days without visits; visits failed last on \d{4}-\d\d-\d\d$/,
    );
    const heights = await bars(drawing);
    expect(Object.values(heights).flat()).toHaveLength(DAYS);
    expect(heights['unseen']).toHaveLength(85);
    const [good, slow] = [Math.max(...(heights['rest'] ?? [])), Math.min(...(heights['first'] ?? []))];
    const [hiccup, broken] = [Math.min(...(heights['second'] ?? [])), Math.max(...(heights['second'] ?? []))];
    expect([good, slow, hiccup, broken]).toEqual([good, slow, hiccup, broken].toSorted((a, b) => a - b));
    expect(new Set([heights['unseen']?.[0], good, slow, hiccup, broken]).size, 'told apart by height').toBe(5);

    await expect(landing.getByRole('table')).toBeHidden();
    await landing.getByText('Every day as a table').click();
    const rows = landing.getByRole('table').locator('tbody tr');
    await expect(rows).toHaveCount(DAYS);
    await expect(rows.nth(1)).toHaveText(/1,400\s*40\s*0$/);
    await expect(rows.nth(2)).toHaveText(/1,439\s*0\s*1$/);
    await expect(rows.nth(4)).toContainText('no visits');
    // 5,759 of 7,200 visits in ninety days; the day before those does not count.
    await expectFigure(landing, 'Up in 90 days', /79\.9 %\s+of 7,200 visits/);
  });
});

test('the status page is well made and small however things stand', async ({ page }) => {
  test.setTimeout(MANY_PAGES_MS);
  const looked = async (name: string) => {
    await page.setViewportSize({ width: 1_280, height: 800 });
    await page.goto(server.url('/status'));
    await expectWellMade(page, name);
  };
  await looked('unknown');
  for (const path of ALL) {
    works(path);
    for (let ago = 1; ago < DAYS; ago += 1) day(path, ago, 1_440 - (ago % 7), ago % 5 ? 0 : 3, ago % 7);
  }
  breaks('generation', '2 hours', `There was no answer: ${'error'.repeat(50)}.`);
  await looked('broken');
  const answer = await page.request.get(server.url('/status'), { headers: { accept: 'text/html' } });
  expect(gzipSync(await answer.body()).length).toBeLessThan(HTML_GZIP_BYTES);
});

test.describe('operations', () => {
  test('whoever is no administrator finds nothing there', async ({ page, context }) => {
    const guest = new Guest(server);
    await guest.start('A register of village bridges');
    for (const somebody of [new Guest(server), guest]) {
      const answer = await somebody.page('/operations?every=5');
      expect(answer.status).toBe(404);
      expect(answer.headers['refresh']).toBeUndefined();
    }
    await context.addCookies(people.member);
    const answer = await page.goto(server.url('/operations'));
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await expect(page.getByRole('link', { name: 'Operations' })).toHaveCount(0);
  });

  test('an administrator comes by the masthead and by the console, and sees what this process measures', async ({
    page,
    context,
  }) => {
    await context.addCookies(people.administrator);
    for (let visit = 0; visit < 3; visit += 1) await page.goto(server.url('/projects'));
    await page.goto(server.url('/jobs'));
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Operations' }).click();
    await expect(page).toHaveURL(server.url('/operations'));
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Operations' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Operations');

    await expect(page.getByRole('img', { name: /^In the last 15 minutes \d+ requests came/ })).toBeVisible();
    await expectFigure(section(page, 'Traffic'), 'Throughput', /\d \/ s/);
    await expectFigure(section(page, 'Traffic'), 'Errors', /\d %/);
    const route = page.getByRole('rowheader', { name: '/projects', exact: true });
    const projects = section(page, 'Routes').getByRole('row').filter({ has: route });
    await expect(projects).toHaveText(/\/projects\s*\d+\s*0 %[\d.,\s]+$/);
    await expectFigure(section(page, 'Process'), 'Memory', /\d MB/);
    await expectFigure(section(page, 'Process'), 'Disk of the program', /\d (GB|TB|MB)\s+free of/);
    await expectFigure(section(page, 'Process'), 'Release', /\d+\.\d+/);
    await expect(page.getByRole('region', { name: 'Connections to the database' })).toContainText('primary');
    await expectFigure(section(page, 'Sessions'), 'Found', /[1-9]\d*\s+in Redis, .*\d %/);
    await expectFigure(section(page, 'Sessions'), 'Not found', /[1-9]/);
    await expectFigure(section(page, 'Generations'), 'Generations running', /\d/);
    const slots = section(page, 'Jobs').getByRole('row').filter({ hasText: 'studio' });
    await expect(slots).toHaveText(/studio\s*\d+\s*[1-9]\d*$/);
    await expect(section(page, 'Providers')).toContainText('No model provider is configured');
    await expectFigure(section(page, 'Vitals'), 'Dropped', /^\s*0/);
  });

  test('it is seen anew by a link, and by itself only for whoever wants that', async ({ page, context }) => {
    await context.addCookies(people.administrator);
    const refresh = async (query: string) =>
      (await page.request.get(server.url(`/operations${query}`))).headers()['refresh'];
    expect(await refresh('')).toBeUndefined();
    expect(await refresh('?every=5')).toBe('5');
    expect(await refresh('?every=60')).toBe('60');
    for (const every of ['', '1', '61', '-5', '5;url=https://example.org']) {
      expect(await refresh(`?every=${encodeURIComponent(every)}`), every).toBeUndefined();
    }
    await page.goto(server.url('/operations'));
    const links = page.getByRole('navigation', { name: 'Refresh' });
    await expect(links.getByRole('link', { name: 'Refresh' })).toHaveAttribute('href', '/operations');
    await expect(links.getByRole('link', { name: 'stop' })).toHaveCount(0);
    await links.getByRole('link', { name: 'every 30 s' }).click();
    await expect(links.getByRole('link', { name: 'every 30 s' })).toHaveAttribute('aria-current', 'true');
    await links.getByRole('link', { name: 'stop' }).click();
    await expect(page).toHaveURL(server.url('/operations'));
  });

  test('axe finds nothing serious there', async ({ page, context }) => {
    test.setTimeout(MANY_PAGES_MS);
    await context.addCookies(people.administrator);
    await page.goto(server.url('/operations'));
    await expectWellMade(page, '/operations');
    const answer = await page.request.get(server.url('/operations'), { headers: { accept: 'text/html' } });
    expect(answer.headers()['cache-control']).toBe('no-store');
  });
});

async function expectSaid(page: Page, sentence: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(sentence);
}

function section(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true });
}

function check(page: Page, path: Path): Locator {
  return section(page, PATHS[path]);
}

/** A figure with what goes with it. */
async function expectFigure(within: Locator, name: string, figure: string | RegExp): Promise<void> {
  const term = within.page().locator('dt').filter({ hasText: new RegExp(`^\\s*${name}\\s*$`) });
  await expect(within.locator('.figures > div').filter({ has: term }).locator('dd')).toContainText(figure);
}

/** How high the bars of a drawing are, by the class they are drawn with. */
async function bars(drawing: Locator): Promise<Record<string, number[]>> {
  const paths = await drawing
    .locator('path')
    .evaluateAll((found) => found.map((path) => [path.getAttribute('class') ?? '', path.getAttribute('d') ?? '']));
  const heights = (d = '') => [...d.matchAll(/v-([\d.]+)/g)].map(([, height]) => Number(height));
  return Object.fromEntries(paths.map(([kind = '', d]) => [kind, heights(d)]));
}

/** A path that was visited a moment ago and works since three days, with a day of visits. */
function works(path: Path): void {
  server.sql(`
    insert into check_states (name, is_failing, since) values ('${path}', false, now() - interval '73 hours');
    insert into check_runs (name, at, outcome, milliseconds) values ('${path}', now() - interval '10 seconds', 'passed', 212.4)`);
  day(path, 0, 1_440, 0, 0, SKETCH);
}

/** A path that does not work since so long ago. */
function breaks(path: Path, ago: string, reason: string): void {
  server.sql(`update check_states set is_failing = true, since = now() - interval '${ago}' where name = '${path}'`);
  incident(path, ago, undefined, reason);
}

function incident(path: Path, ago: string, lasted: string | undefined, reason: string): void {
  const ended = lasted === undefined ? 'null' : `now() - interval '${ago}' + interval '${lasted}'`;
  server.sql(`insert into check_incidents (id, name, began_at, ended_at, reason)
    values (gen_random_uuid(), '${path}', now() - interval '${ago}', ${ended}, '${reason}')`);
}

/** Visits of a day so many days ago, in UTC. */
function day(path: Path, ago: number, passed: number, slow: number, failed: number, sketch = NO_VISITS): void {
  server.sql(`insert into check_days (name, day, passed, slow, failed, sketch)
    values ('${path}', (now() at time zone 'utc')::date - ${ago}, ${passed}, ${slow}, ${failed}, '${sketch}')
    on conflict (name, day) do update set passed = excluded.passed, slow = excluded.slow, failed = excluded.failed`);
}
