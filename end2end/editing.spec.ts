// Pieces are changed in their place, kept, and reached by keys; two editors do not overwrite each other.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest, type Started } from './support/guest';
import { useServer } from './support/server';
import { expectState, READER, slots, status } from './support/studio';

const server = useServer();

const FORM = '[data-piece-form]';
const SAVED = 'Saved as a new revision.';

test('a piece is edited in its place, and what depends on it is marked out of date', async ({ page }) => {
  const { project } = await opened(page);
  const summary = piece(page, 'product', 'summary');
  await summary.hover();
  await page.locator('[data-piece-bar] [data-edit]').click();
  await page.locator(`${FORM} textarea`).fill('A summary in <b>other</b> words, “quoted”.');
  await page.getByRole('button', { name: 'Save as a new revision' }).click();

  await expect(status(page)).toHaveText(SAVED);
  await expect(page.locator(FORM)).toHaveCount(0);
  await expect(summary).toHaveText('A summary in <b>other</b> words, “quoted”.');
  await expect(page.locator('.notice.stale')).toContainText('Out of date');
  const live = await slots(page);
  await page.reload();
  expect(await slots(page), 'as on a fresh page').toEqual(live);
  await expect(page).toHaveURL(server.url(`/projects/${project}/edit`));
});

test('what cannot be taken is said in the form, and nothing typed is lost', async ({ page }) => {
  await opened(page);
  await piece(page, 'brand', 'name').hover();
  await page.locator('[data-piece-bar] [data-edit]').click();
  const field = page.locator(`${FORM} :is(input:not([type=hidden]), textarea)`).first();
  await field.fill('x'.repeat(20_001));
  await page.getByRole('button', { name: 'Save as a new revision' }).click();
  await expect(page.locator(`${FORM} [role=alert]`)).toContainText('longer than 20000 characters');
  await expect(field).toHaveValue('x'.repeat(20_001));
  await page.keyboard.press('Escape');
  await expect(page.locator(FORM)).toHaveCount(0);
});

test('of two who edit one section the second is told, and overwrites nothing', async ({ page, context }) => {
  const { project } = await opened(page);
  const other = await context.newPage();
  await other.goto(server.url(`/projects/${project}/edit`));
  await atWork(other);
  for (const [one, words] of [
    [page, 'What the first wrote'],
    [other, 'What the second wrote'],
  ] as const) {
    await piece(one, 'product', 'summary').hover();
    await one.locator('[data-piece-bar] [data-edit]').click();
    await one.locator(`${FORM} textarea`).fill(words);
  }
  await page.getByRole('button', { name: 'Save as a new revision' }).click();
  await expect(status(page)).toHaveText(SAVED);
  await other.getByRole('button', { name: 'Save as a new revision' }).click();

  await expect(other.locator(`${FORM} [role=alert]`)).toContainText(/changed/);
  await expect(other.locator(`${FORM} textarea`)).toHaveValue('What the second wrote');
  await page.reload();
  await expect(piece(page, 'product', 'summary')).toHaveText('What the first wrote');
});

test('a locked piece stays when everything is made again', async ({ page }) => {
  await opened(page);
  const name = piece(page, 'brand', 'name');
  const before = (await name.textContent()) ?? '';
  await name.hover();
  await page.locator('[data-piece-bar] [data-lock]').click();
  await expect(status(page)).toHaveText('Locked: it stays as it is.');
  await expect(name).toHaveAttribute('data-locked', '');

  await page.getByLabel('Make it again, differently').fill('make it playful');
  await page.getByRole('button', { name: 'Make it again' }).click();
  await page.waitForLoadState('domcontentloaded');
  await expectState(page, 'done');

  await expect(name).toHaveText(before);
  await expect(name).toHaveAttribute('data-locked', '');
});

test('everything is reached by keys, and a sheet tells which', async ({ page }) => {
  await opened(page);
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();

  await page.keyboard.press('j');
  const chosen = page.locator('[data-chosen]');
  await expect(chosen).toHaveAttribute('data-piece', 'summary');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(chosen).toHaveAttribute('data-piece', 'summary');
  await page.keyboard.press('l');
  await expect(chosen).toHaveAttribute('data-locked', '');
  await page.keyboard.press('l');
  await expect(chosen).not.toHaveAttribute('data-locked', '');

  await page.keyboard.press('e');
  await expect(page.locator(`${FORM} textarea`)).toBeFocused();
  await page.keyboard.type('jkels? are letters here. ');
  await expect(page.locator(`${FORM} textarea`)).toHaveValue(/jkels\? are letters here\. /);
  await page.keyboard.press('Escape');
  await expect(page.locator(FORM)).toHaveCount(0);
  await page.keyboard.press('n');
  await expect(page.getByLabel('Make it again, differently')).toBeFocused();
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('pieces are edited and locked on pages of their own', async ({ page, context }) => {
    const guest = new Guest(server);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(server.url(`/projects/${project}/pieces`));
    await page.getByRole('link', { name: 'summary', exact: true }).click();
    await page.getByRole('textbox').fill('Said without a script.');
    await page.getByRole('button', { name: 'Save as a new revision' }).click();
    // The editor leads there, as it needs a script.
    await page.waitForURL(READER);
    await expect(piece(page, 'product', 'summary')).toHaveText('Said without a script.');

    await page.goto(server.url(`/projects/${project}/edit/brand/name`));
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.waitForURL(READER);
    await page.goto(server.url(`/projects/${project}/pieces`));
    await expect(page.getByRole('listitem').filter({ hasText: 'locked' })).toHaveCount(1);
  });

  test('a file of the program as long as files may be is edited', async ({ page, context }) => {
    const guest = new Guest(server);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    const long = '// ü "quoted" & <b>\n'.repeat(15_000);
    await page.goto(server.url(`/projects/${project}/files/src/main.rs`));
    await page.getByRole('link', { name: 'Edit' }).click();
    // As pasting would; typing that much takes the browser minutes.
    await page.getByLabel('Content').evaluate((area: HTMLTextAreaElement, text) => (area.value = text), long);
    await page.getByRole('button', { name: 'Save as a new revision' }).click();
    await page.waitForURL(READER);
    await page.goto(server.url(`/projects/${project}/files/src/main.rs`));
    expect(await page.locator('.listing code').textContent()).toBe(long);
  });
});

/** A finished project in the editor. */
async function opened(page: Page): Promise<Started> {
  const guest = new Guest(server);
  const started = await guest.make(SYNTHESIZERS);
  await guest.enter(page.context());
  await page.goto(server.url(`/projects/${started.project}/edit`));
  await atWork(page);
  return started;
}

/** The island of an editor is at work once it has taken over a key. */
async function atWork(page: Page): Promise<void> {
  await expect(page.locator('[data-piece-bar]')).toBeAttached();
  await expect
    .poll(async () => {
      await page.keyboard.press('j');
      return page.locator('[data-chosen]').count();
    })
    .toBe(1);
  for (let back = 0; back < 8; back += 1) await page.keyboard.press('k');
}

function piece(page: Page, stage: string, path: string): Locator {
  return page.locator(`[data-stage="${stage}"] [data-piece="${path}"]`);
}
