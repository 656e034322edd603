// The main job: a directive becomes a product, piece by piece, while one watches.
import { expect, test, type Page } from '@playwright/test';
import { BEEKEEPING, SYNTHESIZERS, YOGA } from './support/directives';
import { COOKIE } from './support/guest';
import { useServer, type Site } from './support/server';
import {
  box,
  buildButton,
  countsUntilOver,
  EDITOR,
  expectState,
  median,
  pieces,
  startProject,
  status,
  tell,
} from './support/studio';

const paced = useServer({ paceMs: 15 });
const fast = useServer();

test('a guest types a directive and watches its features appear one after another', async ({ page }) => {
  await page.goto(paced.url());
  await box(page).fill(SYNTHESIZERS);
  const posted = page.waitForResponse((response) => response.url() === paced.url('/fn/start_generation'));
  await buildButton(page).click();
  expect((await posted).status()).toBe(303);
  await page.waitForURL(EDITOR, { waitUntil: 'domcontentloaded' });

  const counts = await countsUntilOver(page);

  expect(counts, 'pieces are never taken away').toEqual([...counts].sort((a, b) => a - b));
  expect(counts.length, `pieces came bit by bit: ${counts.join(', ')}`).toBeGreaterThan(8);
  await expect(status(page)).toHaveText('Done');
  await expectState(page, 'done');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(SYNTHESIZERS);
  await expect(page.locator('.feature').filter({ hasText: 'vintage synthesizer' }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Make it again' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeHidden();
});

test('looking around sets no cookie; starting something sets one that scripts and other sites cannot use', async ({
  page,
  context,
}) => {
  for (const path of ['/', '/projects', '/nowhere']) {
    const response = await page.goto(fast.url(path));
    expect(await response?.headerValue('set-cookie'), path).toBeNull();
  }
  expect(await context.cookies()).toEqual([]);

  await startProject(page, fast, SYNTHESIZERS);

  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name)).toEqual([COOKIE]);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});

test('a started project is listed under "Your projects" and opens from there', async ({ page }) => {
  const project = await startProject(page, fast, BEEKEEPING);
  await expectState(page, 'done');

  await page.getByRole('link', { name: 'Your projects' }).first().click();

  const row = page.getByRole('listitem').filter({ hasText: BEEKEEPING });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('complete');
  await row.getByRole('link').click();
  await expect(page).toHaveURL(fast.url(`/projects/${project}`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(BEEKEEPING);
  await expect(page.getByRole('status')).toHaveText('Done');
  await expect(pieces(page).first()).toBeVisible();
});

test('making it again with the note "fewer features" gives fewer features', async ({ page }) => {
  await startProject(page, fast, SYNTHESIZERS);
  await expectState(page, 'done');
  await page.reload();
  const before = await page.locator('.feature').count();
  const generation = await page.locator('[data-generation]').getAttribute('data-generation');

  await page.getByLabel('Make it again, differently').fill('fewer features');
  await page.getByRole('button', { name: 'Make it again' }).click();

  await expect(page.locator('[data-generation]')).not.toHaveAttribute('data-generation', generation ?? '');
  await expectState(page, 'done');
  await page.reload();
  const after = await page.locator('.feature').count();
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(before);
});

test('sending the same form twice by a double click starts one project', async ({ page }) => {
  await page.goto(fast.url());
  await box(page).fill(YOGA);
  await buildButton(page).dblclick();
  await page.waitForURL(EDITOR);
  await page.goto(fast.url('/projects'));
  await expect(page.getByRole('listitem').filter({ hasText: YOGA })).toHaveCount(1);
});

test('an example on the landing page starts with one click', async ({ page }) => {
  await page.goto(fast.url());
  await page.getByRole('button', { name: 'Beekeeping' }).click();
  await page.waitForURL(EDITOR);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(BEEKEEPING);
  await expectState(page, 'done');
});

test('the first piece is on the screen soon after the form is sent', async ({ page }, { annotations }) => {
  await page.addInitScript(noteFirstPiece);
  const times: number[] = [];
  for (const what of ['sheds', 'boats', 'kites', 'looms', 'drums']) {
    times.push(await firstPieceAfterSubmit(page, fast, `A club where neighbours lend each other ${what}`));
  }
  tell(
    annotations,
    'first piece after submit',
    `${median(times).toFixed(0)} ms (${times.map((t) => t.toFixed(0)).join(', ')})`,
  );
  expect(median(times)).toBeLessThan(1_500);
});

/** Runs in every page: keeps the moment of the first frame that shows a piece. */
function noteFirstPiece(): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('[data-piece]')) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      document.documentElement.dataset['firstPiece'] = String(performance.timeOrigin + performance.now());
    });
  });
  observer.observe(document, { childList: true, subtree: true });
}

async function firstPieceAfterSubmit(page: Page, site: Site, directive: string): Promise<number> {
  await page.goto(site.url());
  await box(page).fill(directive);
  const sent = await page.evaluate(() => {
    const now = performance.timeOrigin + performance.now();
    document.querySelector<HTMLFormElement>('form.directive')?.requestSubmit();
    return now;
  });
  await page.waitForURL(EDITOR);
  const shown = await page.waitForFunction(() => document.documentElement.dataset['firstPiece']);
  return Number(await shown.jsonValue()) - sent;
}
