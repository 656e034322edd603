// What a browser keeps of Atlas9, and what it shows when the network is away.
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer, type Site } from './support/server';
import { Wire } from './support/wire';

const server = useServer();

test.use({ serviceWorkers: 'allow' });

const BUILT = /^\/pkg\/[\w.-]+\.[\w-]{10,}\.(?:css|js|wasm)$/;
const FILES_MAX = 40;

test('a browser keeps built files and the offline page, and nothing else', async ({ page, context }) => {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  await guest.enter(context);
  await arrive(page, server);
  for (const path of [
    '/explore',
    '/projects',
    `/projects/${project}`,
    `/projects/${project}/edit`,
    `/projects/${project}/files/src/main.rs`,
    '/settings',
    '/nowhere',
    '/api/projects',
  ]) {
    await page.goto(server.url(path));
  }
  await page.goto(server.url(`/projects/${project}/edit`));
  await expect(page.locator('[data-generation]')).toHaveAttribute('data-state', 'done');

  await expect.poll(() => kept(page).then((paths) => paths.some((path) => path.endsWith('.wasm')))).toBe(true);
  const paths = await kept(page);
  expect(paths.filter((path) => !BUILT.test(path))).toEqual(['/offline']);
  for (const kind of [/\/atlas9\.[^/]+\.css$/, /\/atlas9\.[^/]+\.js$/, /\/vitals\.[^/]+\.js$/]) {
    expect(
      paths.filter((path) => kind.test(path)),
      String(kind),
    ).toHaveLength(1);
  }
  for (const path of paths.filter((path) => BUILT.test(path))) {
    expect((await guest.ask(path)).headers['cache-control'], path).toContain('immutable');
  }
  const offline = await page.evaluate(async () => (await caches.match('/offline'))?.text());
  expect(offline, 'nobody’s in particular').toBe((await new Guest(server).page('/offline')).text);
});

test('without a network the offline page stands in for every page, until the network is back', async ({ page }) => {
  await Wire.to(server, async (wire) => {
    await arrive(page, wire);
    wire.cut();
    for (const path of ['/projects', '/nowhere', '/explore']) {
      await page.goto(wire.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveText('No connection');
      await expect(page, path).toHaveTitle('No connection · Atlas9');
      await expect(page, path).toHaveURL(wire.url(path));
      const face = await page
        .getByRole('heading', { level: 1 })
        .evaluate((heading) => getComputedStyle(heading).fontFamily);
      expect(face, `${path} is set as any other`).toContain('Newsreader');
    }
    const tried = page.waitForEvent('framenavigated');
    await page.getByRole('link', { name: 'Try again' }).click();
    await tried;
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No connection');

    wire.mend();
    await page.getByRole('link', { name: 'Try again' }).click();

    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Explore');
    await expect(page).toHaveURL(wire.url('/explore'));
    await page.goto(wire.url('/nowhere'));
    await expect(page.getByRole('heading', { level: 1 }), 'what the server says is said').toHaveText('Not found');
  });
});

test('pages come from the network, and no request of the API goes through the worker', async ({ page }) => {
  await arrive(page, server);
  const answer = await page.goto(server.url('/explore'));
  expect(answer?.fromServiceWorker(), 'through the worker').toBe(true);
  const asked = page.waitForResponse((response) => response.url().endsWith('/api/health'));
  await page.evaluate(() => fetch('/api/health'));
  expect((await asked).fromServiceWorker()).toBe(false);

  const early = await page.evaluate(async () => {
    const { navigationPreload } = await navigator.serviceWorker.ready;
    return (await navigationPreload.getState()).enabled;
  });
  expect(early, 'the worker’s start costs no time').toBe(true);
});

test('what is kept is bounded, and goes when another build takes over', async ({ page }) => {
  await arrive(page, server);
  await page.goto(server.url('/explore'));
  await page.evaluate(async (many) => {
    const address = document.querySelector<HTMLLinkElement>('link[rel=stylesheet]')?.href;
    for (let at = 0; at < many; at += 1) await (await fetch(`${address}?${at}`)).text();
  }, FILES_MAX + 10);
  await expect.poll(async () => (await kept(page)).length).toBe(FILES_MAX + 1);
  expect(await kept(page)).toContain('/offline');

  await page.evaluate(() => navigator.serviceWorker.register('/sw.js?build=another'));

  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual(['?build=another']);
  const paths = await kept(page);
  expect(paths.filter((path) => !BUILT.test(path))).toEqual(['/offline']);
  expect(paths.length).toBeLessThan(5);
});

test('the worker is there also for those who do not want to be measured', async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
  );
  await arrive(page, server);
  expect(await kept(page)).toContain('/offline');
});

test('the offline page is the same for everyone, and search engines leave it alone', async ({ page, context }) => {
  const guest = new Guest(server);
  await guest.make(SYNTHESIZERS);
  const answer = await guest.page('/offline');
  expect(answer.status).toBe(200);
  expect(answer.text).toBe((await new Guest(server).page('/offline')).text);
  await guest.enter(context);
  await page.goto(server.url('/offline'));
  await expect(page.locator('meta[name=robots]')).toHaveAttribute('content', 'noindex');
});

/** Opens the site and waits until its worker is at work. */
async function arrive(page: Page, site: Site): Promise<void> {
  await page.goto(site.url());
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === 'activated') return;
    await new Promise<void>((resolve) =>
      active?.addEventListener('statechange', () => active.state === 'activated' && resolve()),
    );
  });
}

/** Paths of everything that the browser keeps for the site. */
function kept(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const caught = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(caught)).flat().map(({ url }) => new URL(url).pathname);
  });
}
