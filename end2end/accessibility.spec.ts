// axe finds nothing serious in any state of any page, and screen readers hear of stages, not of pieces.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectAtLeast, expectState, guestWith, pieces, startProject, submit, work } from './support/studio';

const fast = useServer();
const paced = useServer({ paceMs: 600 });
// Pieces fade in; what axe sees in the middle of that is no reader's lasting view.
test.use({ contextOptions: { reducedMotion: 'reduce' } });
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

test.describe('axe finds nothing serious, in light and dark, on', () => {
  test('the landing page', async ({ page }) => {
    await page.goto(fast.url());
    await expectAccessible(page);
  });

  test('the landing page with an error', async ({ page }) => {
    await submit(page, fast, '   ');
    await expect(page.getByRole('alert')).toBeVisible();
    await expectAccessible(page);
  });

  test('the list before the first project', async ({ page }) => {
    await page.goto(fast.url('/projects'));
    await expect(page.getByText('Nothing here yet')).toBeVisible();
    await expectAccessible(page);
  });

  test('the list of projects', async ({ page, context }) => {
    await guestWith(fast, context);
    await page.goto(fast.url('/projects'));
    await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1);
    await expectAccessible(page);
  });

  test('an editor at work, and stopped', async ({ page, context }) => {
    const project = await startProject(page, paced, SYNTHESIZERS);
    await expectAtLeast(page, 5);
    await expectAccessible(page);
    await expect(work(page), 'it still ran').toHaveAttribute('data-state', 'running');
    const guest = await Guest.of(paced, context);
    await guest.cancel(await guest.generationOf(project));
    await expectState(page, 'cancelled');
    await expectAccessible(page);
  });

  test('an editor that is done', async ({ page }) => {
    await startProject(page, fast, SYNTHESIZERS);
    await expectState(page, 'done');
    await expectAccessible(page);
  });

  test('a project to read', async ({ page, context }) => {
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(fast.url(`/projects/${project}`));
    await expectAccessible(page);
  });

  test('the page for an address where nothing is', async ({ page }) => {
    await page.goto(fast.url('/nowhere'));
    await expectAccessible(page);
  });
});

test.describe('for a screen reader', () => {
  const announced = useServer({ paceMs: 25 });

  test('the status announces stages and the end, never pieces', async ({ page }) => {
    await startProject(page, announced, SYNTHESIZERS);
    await expect(page.getByRole('status')).toHaveCount(1);
    const heard = await page.evaluate(listenUntilOver);

    expect(heard.at(-1)).toBe('Done');
    expect(heard.length, heard.join(' | ')).toBeLessThan(8);
    const titles = await page.locator('[data-piece] h3').allTextContents();
    expect(titles.length).toBeGreaterThan(10);
    expect(heard.filter((words) => titles.some((title) => words.includes(title)))).toEqual([]);
    const live = '[aria-live], [role=status], [role=alert], [role=log]';
    expect(
      await pieces(page).evaluateAll(
        (found, selector) => found.filter((piece) => piece.closest(selector)).length,
        live,
      ),
    ).toBe(0);
  });

  test('every page has one main heading, landmarks, a language and a title of its own', async ({ page, context }) => {
    const guest = await guestWith(fast, context);
    const [project] = (await guest.list()).items;
    const titles = new Set<string>();
    for (const path of ['/', '/projects', `/projects/${project?.id}`, '/nowhere']) {
      await page.goto(fast.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
      await expect(page.getByRole('main'), path).toHaveCount(1);
      await expect(page.getByRole('banner'), path).toHaveCount(1);
      await expect(page.getByRole('contentinfo'), path).toHaveCount(1);
      await expect(page.locator('html'), path).toHaveAttribute('lang', 'en');
      titles.add(await page.title());
    }
    expect(titles.size, [...titles].join(' | ')).toBe(4);
  });
});

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).setLegacyMode(true).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const told = grave.flatMap(({ id, help, nodes }) => [
      `${id}: ${help}`,
      ...nodes.map(({ target, failureSummary }) => `  ${target.join(' ')}: ${failureSummary}`),
    ]);
    expect(told, colorScheme).toEqual([]);
  }
}

/** Runs in the page: every text that the live region holds, in order, until the generation is over. */
function listenUntilOver(): Promise<string[]> {
  return new Promise((resolve) => {
    const region = document.querySelector('[role=status]');
    const heard: string[] = [];
    const hear = () => {
      const words = region?.textContent?.trim() ?? '';
      if (words !== heard.at(-1)) heard.push(words);
      if (!document.querySelector('[data-state="running"]')) {
        observer.disconnect();
        resolve(heard);
      }
    };
    const observer = new MutationObserver(hear);
    observer.observe(document.body, { attributes: true, characterData: true, childList: true, subtree: true });
    hear();
  });
}
