// The whole main job with nothing but a keyboard.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { useServer } from './support/server';
import {
  box,
  buildButton,
  EDITOR,
  expectAtLeast,
  expectState,
  guestWith,
  pieces,
  status,
  STOPPED,
} from './support/studio';

const server = useServer({ paceMs: 15 });
const slow = useServer({ paceMs: 60 });
const MOST_TABS = 60;

test('a directive is typed, built and stopped without a mouse', async ({ page }) => {
  await page.goto(slow.url());
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(slow.url('/#main'));
  await page.keyboard.press('Tab');
  await expect(box(page), 'the first stop after the skip link').toBeFocused();
  await page.keyboard.type(SYNTHESIZERS);
  await page.keyboard.press('Tab');
  await expect(buildButton(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await page.waitForURL(EDITOR, { waitUntil: 'domcontentloaded' });
  await expectAtLeast(page, 3);

  await tabTo(page, page.getByRole('button', { name: 'Stop' }));
  await page.keyboard.press('Enter');

  await expectState(page, 'cancelled');
  await expect(status(page)).toHaveText(STOPPED);
  expect(await pieces(page).count()).toBeGreaterThan(0);
  // It stands behind everything that was made; a key leads there.
  await page.keyboard.press('n');
  await expect(page.getByLabel('Make it again, differently')).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await tabTo(page, page.getByLabel('Make it again, differently'));
  await page.keyboard.type('fewer features');
  await page.keyboard.press('Enter');
  await expectState(page, 'running');
  await tabTo(page, page.getByRole('button', { name: 'Stop' }));
  await page.keyboard.press('Space');
  await expectState(page, 'cancelled');
});

test('pieces that come in do not take the focus away', async ({ page }) => {
  await page.goto(server.url());
  await box(page).fill(SYNTHESIZERS);
  await buildButton(page).press('Enter');
  await page.waitForURL(EDITOR, { waitUntil: 'domcontentloaded' });
  const read = page.getByRole('link', { name: 'Read', exact: true });
  await tabTo(page, read);
  await expectState(page, 'done');
  await expect(read).toBeFocused();
});

test('focus is visible at every stop of every page', async ({ page, context }) => {
  test.slow();
  const guest = await guestWith(server, context);
  const [project] = (await guest.list()).items;
  const own = [`/projects/${project?.id}`, `/projects/${project?.id}/edit`, '/projects', '/settings'];
  for (const path of ['/', ...own, '/explore', '/login', '/signup', '/reset', '/nowhere']) {
    await page.goto(server.url(path));
    const stops = await walk(page);
    expect(stops.length, `${path} can be walked through`).toBeGreaterThan(3);
    const unseen = stops.filter((stop) => !stop.isShown).map((stop) => stop.name);
    expect(unseen, `${path}: stops without a visible focus`).toEqual([]);
  }
});

test('a project is archived, and that undone, without a mouse', async ({ page, context }) => {
  const guest = await guestWith(server, context);
  const [project] = (await guest.list()).items;
  const title = project?.directive ?? '';
  await page.goto(server.url('/projects'));

  await tabTo(page, page.getByRole('button', { name: `Archive: ${title}` }));
  await page.keyboard.press('Enter');

  await expect(page.getByRole('status')).toContainText(`Archived: ${title}`);
  await expect(page.locator('ol.projects > li')).toHaveCount(0);
  await tabTo(page, page.getByRole('button', { name: `Undo: ${title}` }));
  await page.keyboard.press('Space');
  await expect(page.getByRole('status')).toContainText(`Back among your projects: ${title}`);
  await expect(page.locator('ol.projects > li')).toHaveCount(1);
});

test('a project is made public without a mouse', async ({ page, context }) => {
  const guest = await guestWith(server, context);
  const [project] = (await guest.list()).items;
  await page.goto(server.url(`/projects/${project?.id}`));
  const manage = page.getByText('Name, cover, sharing, archive');
  await expect(page.getByLabel('Public')).toBeHidden();

  await tabTo(page, manage);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Public')).toBeVisible();
  await tabTo(page, page.getByLabel('Private'));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByLabel('Public')).toBeFocused();
  await expect(page.getByLabel('Public')).toBeChecked();
  await tabTo(page, page.getByRole('button', { name: 'Save' }));
  await page.keyboard.press('Enter');

  await page.waitForURL(`**/projects/${project?.id}?open=sharing#sharing`);
  await expect(page.getByLabel('Public')).toBeChecked();
  const shared = page.locator('.shared-at a');
  await expect(shared, 'what came of it is there to see').toBeVisible();
  await tabTo(page, shared);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/p\/[\w-]+$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(project?.directive ?? '');
});

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${MOST_TABS} presses of Tab did not lead to ${target.toString()}.`);
}

interface Stop {
  readonly name: string;
  readonly isShown: boolean;
}

/** Tabs through a page once. A stop is shown when an outline or a ring of at least two pixels is in the window. */
async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      if (element.hasAttribute('data-walked')) return null;
      element.setAttribute('data-walked', '');
      const drawn = (style: CSSStyleDeclaration) => {
        const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        return outline || style.boxShadow !== 'none';
      };
      // A ring may be drawn around the whole field that holds the focus.
      const holders = [element, element.parentElement].filter((holder) =>
        holder?.matches(':focus-visible, :focus-within'),
      );
      const { top, bottom } = element.getBoundingClientRect();
      const isInWindow = bottom > 0 && top < innerHeight;
      const isShown =
        isInWindow &&
        element.matches(':focus-visible') &&
        holders.some((holder) => holder && drawn(getComputedStyle(holder)));
      return { name: `${element.tagName.toLowerCase()} "${element.textContent?.trim().slice(0, 40)}"`, isShown };
    });
    if (!stop) return stops;
    stops.push(stop);
  }
  return stops;
}
