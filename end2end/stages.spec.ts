// All five sections of a project take shape in the browser, with JavaScript on and off, and refer to each other.
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { makePublic } from './support/shelves';
import { expectState, projectOf, READER, startProject, submit } from './support/studio';

const paced = useServer({ paceMs: 10 });
const fast = useServer();

const STAGES = ['Product', 'Brand', 'Design', 'Architecture', 'Code'];

test('every section is written while one watches, and the program last', async ({ page }) => {
  await startProject(page, paced, SYNTHESIZERS);
  // A file can be seen being written, for some frames each.
  await page.waitForFunction(() => document.querySelector('[data-writing] pre')?.textContent);
  await expectState(page, 'done');
  await expect(page.locator('[data-writing]'), 'and no longer once it is').toHaveCount(0);
  await expectWhole(page);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('every section streams into the page', async ({ page }) => {
    await submit(page, paced, SYNTHESIZERS);
    await page.waitForURL(READER, { waitUntil: 'commit' });
    await expect(page.getByRole('status')).toHaveText('Done', { timeout: 15_000 });
    await expectWhole(page);
  });
});

test('a file is read on a page of its own, which leads on, back, and to what it serves', async ({ page, context }) => {
  const guest = new Guest(fast);
  const { project } = await guest.make(SYNTHESIZERS);
  await guest.enter(context);
  await page.goto(fast.url(`/projects/${project}`));

  await page.locator('.file-tree').getByRole('link', { name: 'Cargo.toml', exact: true }).click();

  await expect(page).toHaveURL(fast.url(`/projects/${project}/files/Cargo.toml`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Cargo.toml');
  await expect(page.locator('.listing')).toContainText('[dependencies]');
  await page.locator('.beside [rel=next]').click();
  await expect(page).not.toHaveURL(/Cargo\.toml$/);
  await page.goBack();
  await page.getByRole('link', { name: SYNTHESIZERS }).click();
  await expect(page).toHaveURL(fast.url(`/projects/${project}#files-cargo-toml`));

  await page.locator('.file').filter({ hasText: 'src/resources/listings' }).getByRole('link').first().click();
  const operation = page.getByRole('term').filter({ hasText: 'Handles' }).locator('..').getByRole('link').first();
  const name = await operation.textContent();
  await operation.click();
  await expect(page.locator(':target'), 'the operation that the file handles').toHaveId(`operations-${name}`);
});

test('files of a shared project are there for everybody, those of others for nobody', async ({ page }) => {
  const guest = new Guest(fast);
  const { project } = await guest.make(SYNTHESIZERS);
  const path = await makePublic(guest, project);

  await page.goto(fast.url(path));
  await page.locator('.file-tree a[href$="/files/src/main.rs"]').click();
  await expect(page).toHaveURL(fast.url(`${path}/files/src/main.rs`));
  await expect(page.locator('.listing')).toContainText('fn main');
  await expect(page.getByRole('link', { name: 'Edit' })).toHaveCount(0);

  for (const nowhere of [`/projects/${project}/files/src/main.rs`, `${path}/files/src/none.rs`, `${path}/files/..`]) {
    expect((await page.goto(fast.url(nowhere)))?.status(), nowhere).toBe(404);
  }
});

/** The page shows all five sections, each with what it is about, every check passed, and no link that leads nowhere. */
async function expectWhole(page: Page): Promise<void> {
  await expect(page.locator('.stage > h2')).toHaveText(STAGES);
  for (const [what, least] of [
    ['.feature', 5],
    ['.logo svg', 1],
    ['.screen svg', 5],
    ['.token', 20],
    ['.diagram svg', 3],
    ['.operation', 15],
    ['#architecture .entry', 5],
    ['.file-tree a', 30],
    ['.file', 30],
  ] as const) {
    expect(await page.locator(what).count(), what).toBeGreaterThanOrEqual(least);
  }
  const id = projectOf(page);
  await expect(page.locator('.file a').first()).toHaveAttribute('href', new RegExp(`^/projects/${id}/files/`));
  await expect(page.locator('.checks')).toHaveCount(STAGES.length);
  await expect(page.locator('.checks .fail')).toHaveCount(0);
  const dead = await page.evaluate(() => {
    const links = [...document.querySelectorAll<HTMLAnchorElement>('.stage a[href^="#"]')];
    return links.map((link) => link.hash.slice(1)).filter((hash) => !document.getElementById(hash));
  });
  expect([...new Set(dead)], 'links that lead nowhere').toEqual([]);
}
