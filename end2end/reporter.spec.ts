// What browsers say of how pages felt: once for each life of a page, in words that the server takes, and of nobody who does not want it.
import { setTimeout as pause } from 'node:timers/promises';
import { devices, expect, test, type Page } from '@playwright/test';
import { Detour, type Passed } from './support/detour';
import { SYNTHESIZERS } from './support/directives';
import { entry, painted, seen } from './support/entries';
import { COOKIE, Guest } from './support/guest';
import { useServer, type Site } from './support/server';
import { box, expectAtLeast, expectState, pieces, projectOf, startProject } from './support/studio';

const server = useServer();
const paced = useServer({ paceMs: 15 });

const VITALS = ['CLS', 'FCP', 'INP', 'LCP', 'TTFB'];
const UNTOUCHED = VITALS.filter((name) => name !== 'INP');
/** Long enough for a second beacon to come, if there were one. */
const NO_MORE_MS = 500;

interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly id: string;
  readonly navigationType: string;
  readonly route: string;
  readonly release?: string;
  readonly device: string;
  readonly connection: string;
}

type Beacon = Omit<Passed, 'path'>;

/** The way to a server, on which is kept what browsers report. They send it when a page is already gone, where a test cannot look. */
class Postbox extends Detour {
  constructor(
    site: Site,
    readonly beacons: Beacon[] = [],
  ) {
    super(site, { seen: ({ path, ...passed }) => path === '/api/analytics' && beacons.push(passed) });
  }

  static async before(site: Site, part: (postbox: Postbox) => Promise<void>): Promise<void> {
    const postbox = new Postbox(site);
    await postbox.start();
    try {
      await part(postbox);
    } finally {
      postbox.end();
    }
  }

  /** The only beacon since this was last asked: it was taken, and no other comes after it. */
  async beacon(): Promise<Measurement[]> {
    await expect.poll(() => this.beacons.length).toBe(1);
    await this.expectNoMore(1);
    const [beacon] = this.beacons.splice(0);
    expect(beacon?.headers['content-type']).toMatch(/^text\/plain/);
    expect(beacon?.status, beacon?.body).toBe(204);
    return JSON.parse(beacon?.body ?? '') as Measurement[];
  }

  async expectNoMore(than = 0): Promise<void> {
    await pause(NO_MORE_MS);
    expect(this.beacons.map(({ body }) => body)).toHaveLength(than);
  }
}

test('a page says once how it felt, when it is left', async ({ page, context }) => {
  await Postbox.before(server, async (postbox) => {
    await page.goto(postbox.url());
    await touch(page);
    const release = await page.locator('html').getAttribute('data-release');
    await page.goto(postbox.url('/explore'));

    const measured = await postbox.beacon();
    expect(names(measured)).toEqual(VITALS);
    const [first] = measured;
    expect(first?.id).toMatch(/^[A-Za-z0-9-]{8,64}$/);
    const life = { id: first?.id, navigationType: 'navigate', route: '/', device: 'desktop' };
    for (const one of measured) {
      expect(one).toMatchObject({ ...life, ...(release ? { release } : {}) });
      expect(one.value, one.name).toBeGreaterThanOrEqual(0);
    }

    await seen(page);
    await page.reload();
    const before = await postbox.beacon();
    expect(names(before)).toEqual(UNTOUCHED);
    expect(before[0]).toMatchObject({ route: '/explore', navigationType: 'navigate' });
    expect(before[0]?.id, 'another life, another id').not.toBe(first?.id);
    await seen(page);
    await page.close();
    expect((await postbox.beacon())[0]).toMatchObject({ route: '/explore', navigationType: 'reload' });

    expect(await context.cookies(), 'no cookie').toEqual([]);
    const another = await context.newPage();
    await another.goto(postbox.url('/explore'));
    expect(await another.evaluate(() => localStorage.length + sessionStorage.length), 'nothing stored').toBe(0);
    expect(await another.evaluate(() => indexedDB.databases()), 'nothing stored').toEqual([]);
  });
});

test('a page that is hidden and shown again has said everything', async ({ page }) => {
  await Postbox.before(server, async (postbox) => {
    await page.goto(postbox.url());
    await seen(page);
    await become(page, 'hidden');
    expect(names(await postbox.beacon())).toEqual(expect.arrayContaining(['CLS', 'FCP', 'TTFB']));
    await become(page, 'visible');
    await touch(page);
    await become(page, 'hidden');
    await become(page, 'visible');
    await page.goto('about:blank');

    await postbox.expectNoMore();
  });
});

test('an editor says how its pieces came, and nothing of what or whose they are', async ({ page, context }) => {
  await Postbox.before(paced, async (postbox) => {
    const project = await startProject(page, postbox, SYNTHESIZERS);
    await postbox.beacon();
    await expectState(page, 'done');
    await seen(page);
    const generation = await page.locator('[data-generation]').getAttribute('data-generation');
    const session = (await context.cookies()).find(({ name }) => name === COOKIE)?.value;
    await page.goto(postbox.url('/explore'));

    await expect.poll(() => postbox.beacons.length).toBe(1);
    for (const secret of [project, generation, session, 'synthesizer']) {
      expect(postbox.beacons[0]?.body).not.toContain(secret ?? 'nothing');
    }
    const measured = await postbox.beacon();
    const own = ['first-piece', 'hydration', 'long-task', 'stream-gap'];
    expect(names(measured).filter((name) => !VITALS.includes(name))).toEqual(own);
    expect(names(measured)).toEqual(expect.arrayContaining(UNTOUCHED));
    expect(new Set(measured.map(({ route }) => route))).toEqual(new Set(['/projects/{id}/edit']));
    const took = Object.fromEntries(measured.map(({ name, value }) => [name, value]));
    expect(took['hydration']).toBeGreaterThan(0);
    expect(took['stream-gap'], 'pieces are 15 ms apart').toBeGreaterThan(5);
  });
});

test('an editor that is left in mid-stream says what it knows by then', async ({ page }) => {
  await Postbox.before(paced, async (postbox) => {
    await startProject(page, postbox, SYNTHESIZERS);
    // Of the page before; whether another follows is not waited for, as the stream goes on.
    await expect.poll(() => postbox.beacons.splice(0).length).toBe(1);
    await expectAtLeast(page, (await pieces(page).count()) + 5);
    await expectState(page, 'running');
    await page.goto(postbox.url('/explore'));

    expect(names(await postbox.beacon())).toEqual(expect.arrayContaining(['hydration', 'long-task', 'stream-gap']));
  });
});

test('an editor that is done when it is opened has nothing to wait for', async ({ page, context }) => {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  await guest.enter(context);
  await Postbox.before(server, async (postbox) => {
    await page.goto(postbox.url(`/projects/${project}/edit`));
    expect(projectOf(page)).toBe(project);
    await expect.poll(() => page.evaluate(() => 'atlas9Measured' in globalThis)).toBe(true);
    await seen(page);
    await page.goto(postbox.url('/explore'));

    expect(names(await postbox.beacon())).toEqual([...UNTOUCHED, 'hydration'].sort());
  });
});

for (const [name, device] of [
  ['Pixel 7', 'phone'],
  ['iPad Mini', 'tablet'],
] as const) {
  test(`a ${device} is said to be one`, async ({ browser }) => {
    const { defaultBrowserType: _, ...looks } = devices[name] ?? { defaultBrowserType: 'chromium' };
    const context = await browser.newContext(looks);
    await Postbox.before(server, async (postbox) => {
      const page = await context.newPage();
      await page.goto(postbox.url());
      await seen(page);
      await page.goto(postbox.url('/explore'));
      for (const one of await postbox.beacon()) expect(one.device).toBe(device);
    });
    await context.close();
  });
}

for (const [wish, value] of [
  ['globalPrivacyControl', true],
  ['doNotTrack', '1'],
] as const) {
  test(`of whoever says ${wish} nothing is measured and nothing sent`, async ({ page }) => {
    await page.addInitScript(([name, said]) => Object.defineProperty(Navigator.prototype, name, { get: () => said }), [
      wish,
      value,
    ] as const);
    await Postbox.before(paced, async (postbox) => {
      await startProject(page, postbox, SYNTHESIZERS);
      await expectState(page, 'done');
      await touch(page);
      expect(await page.evaluate(() => 'atlas9Measured' in globalThis)).toBe(false);
      await page.goto(postbox.url('/explore'));
      await page.close();

      await postbox.expectNoMore();
    });
  });
}

test('a page that comes back from the back/forward cache has another life, of which it says as much', async ({
  playwright,
  launchOptions,
}) => {
  const browser = await playwright.chromium.launch({
    ...launchOptions,
    // Playwright's own switch.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
  await Postbox.before(server, async (postbox) => {
    await page.goto(postbox.url());
    await touch(page);
    await page.evaluate(() => Object.assign(globalThis, { isTheSame: true }));
    await page.goto(postbox.url('/explore'));
    const first = await postbox.beacon();
    await seen(page);

    // A page that comes back has loaded long ago.
    await page.goBack({ waitUntil: 'commit' });
    expect(await page.evaluate(() => 'isTheSame' in globalThis), 'it was kept').toBe(true);
    expect((await postbox.beacon())[0]?.route).toBe('/explore');
    await page.mouse.click(5, 5);
    await painted(page);
    await page.goto(postbox.url('/explore'));

    const second = await postbox.beacon();
    expect(names(second)).toEqual(expect.arrayContaining(UNTOUCHED));
    for (const one of second) expect(one).toMatchObject({ navigationType: 'back-forward-cache', route: '/' });
    expect(second[0]?.id).not.toBe(first[0]?.id);
  });
  await browser.close();
});

test.describe('with a worker', () => {
  test.use({ serviceWorkers: 'allow' });

  test('what a page says last arrives as well', async ({ page }) => {
    await Postbox.before(server, async (postbox) => {
      await page.goto(postbox.url());
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      for (const path of ['/explore', '/login', '/explore']) {
        await page.goto(postbox.url(path));
        await postbox.beacon();
        await seen(page);
      }
      await page.reload();
      expect((await postbox.beacon())[0]).toMatchObject({ route: '/explore' });
      expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    });
  });
});

test('the reporter comes last, holds nothing up, and says nothing of pages without a pattern', async ({ page }) => {
  await page.addInitScript(() => {
    const long: string[] = [];
    Object.assign(globalThis, { long });
    new PerformanceObserver((list) => {
      for (const frame of list.getEntries() as (PerformanceEntry & {
        scripts: { sourceURL: string; duration: number }[];
      })[]) {
        for (const { sourceURL, duration } of frame.scripts) if (duration > 50) long.push(sourceURL);
      }
    }).observe({ type: 'long-animation-frame', buffered: true });
  });
  await Postbox.before(server, async (postbox) => {
    for (const path of ['/', '/nowhere']) {
      await page.goto(postbox.url(path));
      const last = page.locator('body > :last-child');
      await expect(last, path).toHaveAttribute('src', /^\/pkg\/vitals\.[\w-]{10,}\.js$/);
      await expect(last, path).toHaveAttribute('type', 'module');
      await expect(last, path).toHaveAttribute('fetchpriority', 'low');
      let long = await longOfReporter(page);
      if (long.length > 0) {
        // Perhaps it was the machine. What the page says this time goes past the postbox.
        await page.goto(server.url(path));
        long = await longOfReporter(page);
      }
      expect(long, path).toEqual([]);
    }
    await postbox.beacon();
    await page.goto(postbox.url('/explore'));
    await postbox.expectNoMore();
  });
});

/** Where the reporter took long, once everything is measured. */
async function longOfReporter(page: Page): Promise<string[]> {
  await seen(page);
  const long = await page.evaluate(() => (globalThis as unknown as { long: string[] }).long);
  return long.filter((source) => source.includes('/pkg/vitals.'));
}

function names(measured: readonly Measurement[]): string[] {
  return measured.map(({ name }) => name).sort();
}

/** Until everything is measured that comes by itself, and something has been done on the page. */
async function touch(page: Page): Promise<void> {
  await seen(page);
  await page.mouse.click(5, 5);
  if (await box(page).count()) await box(page).pressSequentially('A');
  await entry(page, 'first-input');
  await painted(page);
}

/** Playwright never hides a page: what the page is told then, it is told here. */
function become(page: Page, state: DocumentVisibilityState): Promise<void> {
  return page.evaluate((now) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => now });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
}
