// A project leaves as files and comes back; a generation is watched again, and forked.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectState, projectOf, slots } from './support/studio';

const server = useServer();

test('an archive taken away twice is the same to the byte, and comes back as a project of its own', async ({ page }) => {
  const { project } = await made(page);
  await page.goto(server.url(`/projects/${project}`));
  const files = [await taken(page), await taken(page)];
  const sums = files.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
  expect(sums[0]).toBe(sums[1]);
  const before = await slots(page);

  await page.goto(server.url('/projects'));
  await page.getByText('Bring an archive back').click();
  await page.getByLabel('A zip that was taken away here or elsewhere').setInputFiles(files[0] ?? '');
  await page.getByRole('button', { name: 'Make a project of it' }).click();

  await page.waitForURL(/\/projects\/[0-9a-f-]{36}/);
  const copy = projectOf(page);
  expect(copy).not.toBe(project);
  await page.goto(server.url(`/projects/${copy}`));
  const after = await slots(page);
  // Links to files name their project, and a receipt belongs to a generation.
  const same = (all: Record<string, string>, id: string) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => name !== '/receipt')
        .map(([name, html]) => [name, html.replaceAll(id, '')]),
    );
  expect(same(after, copy)).toEqual(same(before, project));
});

test('a file that is no archive is refused with the reason, and nothing is made', async ({ page }) => {
  const { guest } = await made(page);
  await page.goto(server.url('/projects'));
  await page.getByText('Bring an archive back').click();
  await page.getByLabel('A zip that was taken away here or elsewhere').setInputFiles({
    name: 'holiday.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from('PK\x03\x04 this is no zip'),
  });
  await page.getByRole('button', { name: 'Make a project of it' }).click();
  await expect(page.getByRole('main')).toContainText(/zip|archive/i);
  expect((await guest.list()).items).toHaveLength(1);
});

test('a generation is watched again to any moment, and forked from a stage', async ({ page }) => {
  const { guest, project } = await made(page);
  await page.goto(server.url(`/projects/${project}/edit`));
  await page.getByRole('link', { name: 'Replay' }).click();
  await expect(page.getByRole('heading', { name: 'Watch it again' })).toBeVisible();
  await page.waitForLoadState('load');
  const whole = await page.locator('[data-piece]').count();
  await page.getByRole('navigation', { name: 'Stages' }).getByRole('link', { name: 'Design' }).click();
  await page.waitForURL(/\?at=\d+$/, { waitUntil: 'load' });
  const early = await page.locator('[data-piece]').count();
  expect(early).toBeGreaterThan(0);
  expect(early).toBeLessThan(whole);
  await expect(page.locator('.file')).toHaveCount(0);
  await page.getByLabel(/^Event \d+ of \d+$/).fill('12');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/\?at=12$/);

  await page.getByRole('link', { name: 'Receipt' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Architecture' })).toContainText(/composer/i);
  await page.goBack();
  await page.getByRole('combobox').selectOption('Brand');
  await page.getByRole('button', { name: /fork|another way|new project/i }).click();

  await page.waitForURL(/\/edit$/);
  await expectState(page, 'done');
  const fork = projectOf(page);
  expect(fork).not.toBe(project);
  const [mine, theirs] = await Promise.all(
    [project, fork].map((id) => guest.json<{ sections: { product: unknown } }>(`/api/projects/${id}`)),
  );
  expect(theirs?.sections.product).toEqual(mine?.sections.product);
});

async function made(page: Page): Promise<{ guest: Guest; project: string; generation: string }> {
  const guest = new Guest(server);
  const started = await guest.make(SYNTHESIZERS);
  await guest.enter(page.context());
  return { guest, ...started };
}

/** Downloads the zip and returns where it lies. */
async function taken(page: Page): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'everything in a zip' }).click();
  return (await download).path();
}
