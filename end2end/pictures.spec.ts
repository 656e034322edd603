// A cover, sent by a form that needs no script, is made ready while one looks, and is shown in the format and size that the browser prefers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { ROOT } from './support/database';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { makePublic } from './support/shelves';

const server = useServer();
const PICTURE = join(ROOT, 'public', 'social.png');

/** Sends the picture by the page's form, and waits for the page that shows it. */
async function sendCover(page: Page, file: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]): Promise<void> {
  await page.getByText('Name, cover, sharing, archive').click();
  await page.getByLabel('Cover', { exact: true }).setInputFiles(file);
  await page.getByLabel('What it shows').fill('A mark on paper');
  await page.locator('#cover').getByRole('button', { name: 'Send it' }).click();
}

test('a cover is sent, made ready while one looks, shown and taken away', async ({ page, context }) => {
  test.setTimeout(60_000);
  const guest = new Guest(server);
  const { project } = await guest.make('A calendar for choirs');
  await guest.enter(context);
  await page.goto(server.url(`/projects/${project}`));
  await sendCover(page, PICTURE);
  const cover = page.locator('picture.cover img');
  // The page looks again by itself.
  await expect(cover).toBeVisible({ timeout: 30_000 });
  await expect(cover).toHaveAttribute('alt', 'A mark on paper');

  await page.goto(server.url('/projects'));
  await expect(page.locator('ol.projects picture.thumbnail img')).toBeVisible();
  await page.goto(server.url(`/projects/${project}?open=cover`));
  await page.locator('#cover').getByRole('button', { name: 'Take it away' }).click();
  await expect(page.getByLabel('Cover', { exact: true })).toBeVisible();
  await expect(page.locator('picture')).toHaveCount(0);
});

test('what is no picture is refused in words', async ({ page, context }) => {
  test.setTimeout(60_000);
  const guest = new Guest(server);
  const { project } = await guest.make('A rota for kitchens');
  await guest.enter(context);
  await page.goto(server.url(`/projects/${project}`));
  await sendCover(page, { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload="alert(1)"/>') });
  await expect(page.getByText('it is not a picture that can be read here')).toBeVisible();
  // What lies about itself is found out a moment later.
  const half = readFileSync(PICTURE);
  await page.goto(server.url(`/projects/${project}`));
  await sendCover(page, { name: 'b.png', mimeType: 'image/png', buffer: half.subarray(0, half.length / 2) });
  await expect(page.getByText('The last picture was not taken: the file is damaged')).toBeVisible({ timeout: 30_000 });
});

test('the smallest file that is large enough is fetched, once, and nothing moves when it comes', async ({ page }) => {
  const guest = new Guest(server);
  const { project } = await guest.make('A ledger for market stalls');
  const sent = await guest.ask(`/api/projects/${project}/cover?description=A%20mark`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: readFileSync(PICTURE),
  });
  expect(sent.status).toBe(202);
  const cover = async () => JSON.parse((await guest.ask(`/api/projects/${project}/cover`)).text);
  await expect.poll(async () => (await cover()).state, { timeout: 20_000 }).toBe('ready');
  const { avif, width } = (await cover()).picture.sizes[1];
  expect(width).toBe(640);
  const shown = await makePublic(guest, project);
  const files: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/images/')) files.push(request.url());
  });
  await page.setViewportSize({ width: 500, height: 800 });
  await page.goto(server.url(shown), { waitUntil: 'load' });
  const image = page.locator('picture.cover img');
  expect(await image.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)).toBe(true);
  expect(files).toEqual([server.url(`/images/${avif}.avif`)]);
  const moved = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 300);
      }),
  );
  expect(moved).toBeLessThan(0.01);
});
