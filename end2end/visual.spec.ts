// How pages look, at three widths, in light and dark, beside the pictures in screens/. After a change that is meant:
// npx playwright test -c end2end/playwright.config.ts visual --update-snapshots=all
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { BEEKEEPING, SYNTHESIZERS, YOGA } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { makePublic, putAway } from './support/shelves';
import { submit } from './support/studio';

const server = useServer({ styleguide: true });
const WIDTHS = [360, 768, 1_440];
const HEIGHT = 900;
/** What differs from one run to the next where the window looks; receipts and addresses are further down, or folded. */
const CHANGING = 'time';

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  viewport: { width: 1_440, height: HEIGHT },
  // The pictures say what there is to say, and tracing takes as long as they do.
  trace: 'off',
  screenshot: 'off',
});

// Unassigned until made, once for this file.
let owner: Guest;
let project: string;
let shared: string;

test.beforeAll(async () => {
  owner = new Guest(server);
  for (const directive of ['A seed bank for gardeners', 'A ledger of wells']) {
    await putAway(owner, (await owner.make(directive)).project, 'archival');
  }
  await owner.make(YOGA);
  await owner.make(BEEKEEPING);
  project = (await owner.make(SYNTHESIZERS)).project;
  shared = await makePublic(owner, project);
});

test('the landing page', async ({ page }) => {
  await page.goto(server.url());
  await expectAsPictured(page, 'landing');
});

test('the landing page with an error', async ({ page }) => {
  await submit(page, server, '   ');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAsPictured(page, 'landing-error');
});

test('what people show', async ({ page }) => {
  await page.goto(server.url('/explore'));
  await expectAsPictured(page, 'explore');
});

test('a project that is shown', async ({ page }) => {
  await page.goto(server.url(shared));
  await expectAsPictured(page, 'shared');
});

test('the list of projects', async ({ page, context }) => {
  await visit(page, context, '/projects');
  await expect(page.locator('ol.projects > li')).toHaveCount(3);
  await expectAsPictured(page, 'projects');
});

test('the archive', async ({ page, context }) => {
  await visit(page, context, '/projects?shelf=archived');
  await expect(page.locator('ol.projects > li')).toHaveCount(2);
  await expectAsPictured(page, 'projects-archive');
});

test('the list before the first project', async ({ page }) => {
  await page.goto(server.url('/projects'));
  await expectAsPictured(page, 'projects-empty');
});

test('a project to read, from its top', async ({ page, context }) => {
  await visit(page, context, `/projects/${project}`);
  await expect(page.locator('.progress')).toHaveText('Done');
  await expectAsPictured(page, 'project');
});

test('a project to read, its brand', async ({ page, context }) => {
  await visit(page, context, `/projects/${project}`);
  await expect(page.locator('#brand [data-piece]').first()).toBeAttached();
  await expectAsPictured(page, 'project-brand', '#brand');
});

test('an editor that is done', async ({ page, context }) => {
  await visit(page, context, `/projects/${project}/edit`);
  await expect(page.locator('[data-state="done"]')).toBeVisible();
  await expectAsPictured(page, 'edit');
});

test('signing in', async ({ page }) => {
  await page.goto(server.url('/login'));
  await expectAsPictured(page, 'login');
});

test('signing up, with an error', async ({ page }) => {
  await page.goto(server.url('/signup'));
  await page.getByLabel('What should we call you?').fill('Ada');
  await page.getByLabel('Mail address').fill('ada@example.org');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAsPictured(page, 'signup-error');
});

test('the settings of a guest', async ({ page, context }) => {
  await visit(page, context, '/settings');
  await expectAsPictured(page, 'settings');
});

test('the style guide', async ({ page }) => {
  await page.goto(server.url('/styleguide'));
  await expectAsPictured(page, 'styleguide');
});

test('the page for an address where nothing is', async ({ page }) => {
  await page.goto(server.url('/nowhere'));
  await expectAsPictured(page, 'not-found');
});

/** Opens a page as the guest who owns the projects. */
async function visit(page: Page, context: BrowserContext, path: string): Promise<void> {
  await owner.enter(context);
  await page.goto(server.url(path));
}

/** What the window shows, with `from` at its top, is what the pictures show. */
async function expectAsPictured(page: Page, name: string, from?: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(settle, from);
      const picture = `${name}-${width}-${colorScheme}.png`;
      const mask = [page.locator(CHANGING)];
      await expect.soft(page, picture).toHaveScreenshot(picture, { mask, maskColor: '#808080' });
    }
  }
}

/** Runs in the page: fonts are there, and the place to look at is at the top. */
async function settle(from?: string): Promise<void> {
  await document.fonts.ready;
  const place = from === undefined ? undefined : document.querySelector(from);
  if (place) place.scrollIntoView({ behavior: 'instant', block: 'start' });
  else scrollTo({ top: 0, behavior: 'instant' });
}
