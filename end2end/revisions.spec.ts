// Versions are listed, compared and taken back; a new one may wait to be accepted; only what is out of date is made again.
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectState, work } from './support/studio';

const server = useServer();

interface Revision {
  readonly stage: string;
  readonly number: number;
  readonly current: boolean;
}

test('a version is compared with the one before, below and beside, and taken back', async ({ page }) => {
  const { guest, project } = await made(page);
  await edit(guest, project, 'product/summary', 'A second summary.', 1);
  await page.goto(server.url(`/projects/${project}/edit`));
  await page.getByRole('link', { name: 'Revisions' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Edited by hand, from 1' })).toHaveCount(1);
  await page.getByRole('link', { name: 'Product 2' }).click();
  await expect(page.getByText('One piece differs from revision 1.')).toBeVisible();
  await expect(page.locator('.diff .after')).toContainText('A second summary.');
  await page.getByRole('link', { name: 'Side by side' }).click();
  await expect(page.locator('table.sides td.after')).toContainText('A second summary.');

  await page.goto(server.url(`/projects/${project}/revisions/product/1`));
  await page.getByRole('button', { name: 'Use this version again' }).click();

  await page.waitForURL(/\/edit#product$/);
  await expect(page.locator('[data-stage="product"] [data-piece="summary"]')).not.toHaveText('A second summary.');
  const { items } = await guest.json<{ items: readonly Revision[] }>(
    `/api/projects/${project}/revisions?stage=product`,
  );
  expect(items.map(({ number, current }) => [number, current])).toEqual([
    [3, true],
    [2, false],
    [1, false],
  ]);
});

test('a new version may wait until it has been compared; refused, it changes nothing', async ({ page }) => {
  test.setTimeout(60_000);
  const { guest, project } = await made(page);
  for (const verdict of ['Keep the one in use', 'Use the new version'] as const) {
    await page.goto(server.url(`/projects/${project}/edit`));
    const before = await page.locator('[data-stage="brand"] [data-piece="tagline"]').textContent();
    await page.locator('.again').getByLabel('Brand').check();
    await page.getByLabel('Show me the difference before it replaces what is there').check();
    await page.getByLabel('Make it again, differently').fill('make it playful');
    const editor = page.locator('[data-generation]');
    const generation = await editor.getAttribute('data-generation');
    await page.getByRole('button', { name: 'Make it again' }).click();
    await expect(editor).not.toHaveAttribute('data-generation', generation ?? '');
    await expect.poll(async () => (await guest.json<{ status: string }>(`/api/projects/${project}`)).status).toBe('done');
    await page.reload();

    await expect(page.getByRole('heading', { name: 'A new version waits' })).toBeVisible();
    await expect(page.locator('[data-stage="brand"] [data-piece="tagline"]'), 'still in use').toHaveText(before ?? '');
    await page.getByRole('link', { name: 'Compare Brand' }).click();
    await expect(page.locator('.diff').first()).toBeVisible();
    await page.goBack();
    await page.getByRole('button', { name: verdict }).click();

    await page.waitForURL(/\/edit$/);
    await expect(page.getByRole('heading', { name: 'A new version waits' })).toHaveCount(0);
    const { items } = await guest.json<{ items: readonly Revision[] }>(`/api/projects/${project}/revisions?stage=brand`);
    const inUse = items.find(({ current }) => current)?.number;
    expect(inUse).toBe(verdict === 'Use the new version' ? 3 : 1);
  }
});

test('only what is out of date is made again', async ({ page }) => {
  const { guest, project } = await made(page);
  await edit(guest, project, 'brand/name', null, 1);
  await page.goto(server.url(`/projects/${project}/edit`));
  const notice = page.locator('.notice.stale');
  await expect(notice).toContainText('because of brand/name');
  const product = await page.locator('[data-stage="product"] .slot').allTextContents();

  const generation = await work(page).getAttribute('data-generation');
  await page.getByRole('button', { name: 'Rebuild only this' }).click();
  await expect(work(page)).not.toHaveAttribute('data-generation', generation ?? '');
  await expectState(page, 'done');
  await page.reload();

  await expect(notice).toHaveCount(0);
  expect(await page.locator('[data-stage="product"] .slot').allTextContents()).toEqual(product);
  const { items } = await guest.json<{ items: readonly Revision[] }>(`/api/projects/${project}/revisions?stage=product`);
  expect(items, 'the product was not made again').toHaveLength(1);
});

async function made(page: Page): Promise<{ guest: Guest; project: string }> {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  await guest.enter(page.context());
  return { guest, project };
}

/** Changes a piece: a text, or the name of the brand. */
async function edit(guest: Guest, project: string, at: string, text: string | null, revision: number): Promise<void> {
  let value: unknown = text;
  if (text === null) {
    const { sections } = await guest.json<{ sections: { brand: { name: Record<string, unknown> } } }>(
      `/api/projects/${project}`,
    );
    value = { ...sections.brand.name, name: 'Quillfeather' };
  }
  const answer = await guest.ask(`/api/projects/${project}/pieces/${at}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': `"${revision}"` },
    body: JSON.stringify({ value }),
  });
  if (answer.status !== 200) throw new Error(`The edit answered ${answer.status}: ${answer.text}`);
}
