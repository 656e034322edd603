// axe finds nothing serious in any state of any page, and screen readers hear of stages, not of pieces.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { OTHER_SCRIPTS, REPORTER } from './support/scripts';
import { useServer } from './support/server';
import { makePublic, putAway } from './support/shelves';
import { expectAtLeast, expectState, guestWith, pagesBehind, pieces, startProject, submit, work } from './support/studio';

const fast = useServer({ styleguide: true });
const paced = useServer({ paceMs: 600 });
// Pieces fade in; what axe sees in the middle of that is no reader's lasting view.
test.use({ contextOptions: { reducedMotion: 'reduce' } });
/** Every page that needs nothing but an address. */
const PAGES = [
  '/',
  '/explore',
  '/login',
  '/signup',
  '/reset',
  '/settings',
  '/settings/webhooks',
  '/styleguide',
  '/projects',
  '/nowhere',
];
/** Letting a browser show notices is asked of the browser, by a script of its own. */
const WITH_A_SCRIPT = '/settings';
/** To look at a whole product in two themes takes axe its time. */
const LONG_PAGE_MS = 120_000;
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
    await expect(rows(page)).toHaveCount(1);
    await expectAccessible(page);
  });

  test('a search that finds nothing', async ({ page, context }) => {
    await guestWith(fast, context);
    await page.goto(fast.url('/projects?q=zeppelins'));
    await expect(page.getByText('Nothing here says “zeppelins”.')).toBeVisible();
    await expectAccessible(page);
  });

  for (const [shelf, where] of [
    ['archived', 'archival'],
    ['deleted', 'deletion'],
  ] as const) {
    test(`the list of what is ${shelf}, and the way back`, async ({ page, context }) => {
      const guest = await guestWith(fast, context);
      const { project } = await guest.make(SYNTHESIZERS);
      await page.goto(fast.url(`/projects?shelf=${shelf}`));
      await expect(page.getByRole('link', { name: 'All your projects' })).toBeVisible();
      await expectAccessible(page);
      await putAway(guest, project, where);
      await page.goto(fast.url(`/projects?shelf=${shelf}`));
      await expect(rows(page)).toHaveCount(1);
      await expectAccessible(page);
      await page.goto(fast.url(`/projects?notice=${shelf}&project=${project}`));
      await expect(page.getByRole('status').getByRole('button', { name: /^Undo/ })).toBeVisible();
      await expectAccessible(page);
    });
  }

  test('an editor at work, and stopped', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
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
    test.setTimeout(LONG_PAGE_MS);
    await startProject(page, fast, SYNTHESIZERS);
    await expectState(page, 'done');
    await expectAccessible(page);
  });

  test('a room in which somebody talks, its people, a thread and a link into it', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(fast.url(`/projects/${project}/room`));
    await expect(page.locator('[data-room][data-live]')).toBeAttached();
    await page.getByLabel('Say something').fill('> A quote\n\n- a [link](https://a.example)\n- `code`');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page.locator('.message blockquote')).toBeVisible();
    await page.locator('.message summary').first().click();
    await page.locator('#people summary').click();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Make a link' }).click();
    await expect(page.locator('code.wrap')).toBeVisible();
    await expectAccessible(page);
    const link = (await page.locator('code.wrap').textContent()) ?? '';
    await page.goto(fast.url(`/projects/${project}/room`));
    await page.getByRole('link', { name: 'Reply' }).click();
    await expect(page.getByText('Back to the room')).toBeVisible();
    await expectAccessible(page);
    for (const path of [new URL(link).pathname, '/rooms', '/notices']) {
      await page.goto(fast.url(path));
      await expectAccessible(page);
    }
  });

  test('a project to read', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(fast.url(`/projects/${project}`));
    await expectAccessible(page);
  });

  test('every page behind a project', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
    const guest = new Guest(fast);
    const made = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    for (const path of pagesBehind(made)) {
      await page.goto(fast.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
      await expectAccessible(page);
    }
  });

  test('a piece being edited in its place, one that is out of date, and the sheet of keys', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(fast.url(`/projects/${project}/edit`));
    const summary = page.locator('[data-stage="product"] [data-piece="summary"]');
    await expect(async () => {
      await page.mouse.move(0, 0);
      await summary.hover();
      await expect(page.locator('[data-piece-bar]')).toBeVisible({ timeout: 200 });
    }).toPass();
    await page.locator('[data-piece-bar] [data-edit]').click();
    await page.locator('[data-piece-form] textarea').fill('Something else.');
    await expectAccessible(page, '[data-piece-form]');
    await page.getByRole('button', { name: 'Save as a new revision' }).click();
    await expect(page.locator('.notice.stale')).toBeVisible();
    await expectAccessible(page, '.notice.stale');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    await expectAccessible(page, 'dialog');
  });

  test('a project with name, sharing and archive unfolded', async ({ page, context }) => {
    test.setTimeout(LONG_PAGE_MS);
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await makePublic(guest, project);
    await guest.enter(context);
    for (const path of [`/projects/${project}`, `/projects/${project}/edit`]) {
      await page.goto(fast.url(path));
      await page.getByText('Name, cover, sharing, archive').click();
      await expect(page.getByRole('button', { name: 'Rename' })).toBeVisible();
      await expect(page.getByText('Shared at')).toBeVisible();
      await expectAccessible(page, '.project-head');
    }
  });

  test('what people show, before the first and after, and a project that is shown', async ({ page }) => {
    test.setTimeout(LONG_PAGE_MS);
    await page.goto(paced.url('/explore'));
    await expect(page.getByText('Nobody shows anything yet')).toBeVisible();
    await expectAccessible(page);

    const guest = new Guest(fast);
    const shared = await makePublic(guest, (await guest.make(SYNTHESIZERS)).project);
    await page.goto(fast.url('/explore'));
    await expect(rows(page).filter({ hasText: SYNTHESIZERS }).first()).toBeVisible();
    await expectAccessible(page);
    await page.goto(fast.url(shared));
    await expect(pieces(page).first()).toBeVisible();
    await expectAccessible(page);
  });

  test('the pages to sign up, sign in and choose a new password', async ({ page }) => {
    test.setTimeout(LONG_PAGE_MS);
    for (const path of ['/login', '/login?done=signed-out', '/signup', '/signup/sent', '/reset', '/reset/sent']) {
      await page.goto(fast.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toBeVisible();
      await expectAccessible(page);
    }
  });

  test('signing in with the wrong password', async ({ page }) => {
    await page.goto(fast.url('/login'));
    await page.getByLabel('Mail address').fill('nobody@example.org');
    await page.getByLabel('Password', { exact: true }).fill('not the right words');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await expectAccessible(page);
  });

  test('signing up with a mistake in each field', async ({ page }) => {
    const mistakes = [
      ['', 'ada@example.org', 'a few unrelated words', 'What should we call you?'],
      ['Ada', 'not an address', 'a few unrelated words', 'Mail address'],
      ['Ada', 'ada@example.org', 'short', 'Password'],
    ] as const;
    for (const [name, email, password, wrong] of mistakes) {
      await page.goto(fast.url('/signup'));
      // The browser would stop some of these before they are sent.
      await page.locator('form[action="/fn/sign_up"]').evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await page.getByLabel('What should we call you?').fill(name);
      await page.getByLabel('Mail address').fill(email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign up' }).click();
      await expect(page.getByRole('alert')).toHaveCount(1);
      const field = page.getByLabel(wrong);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field, 'the reason belongs to its field').toHaveAccessibleDescription(
        new RegExp(escapeRegExp((await page.getByRole('alert').textContent()) ?? 'nothing')),
      );
      await expectAccessible(page);
    }
  });

  test('the settings of a guest', async ({ page, context }) => {
    await guestWith(fast, context);
    await page.goto(fast.url('/settings'));
    await expect(page.getByText('You are here as a guest')).toBeVisible();
    await page.getByText('Delete everything').first().click();
    await expect(page.getByLabel('Yes, delete everything')).toBeVisible();
    await expectAccessible(page);
  });

  test('the style guide', async ({ page }) => {
    test.setTimeout(LONG_PAGE_MS);
    await page.goto(fast.url('/styleguide'));
    await expect(page.getByRole('heading', { level: 1, name: 'Style guide' })).toBeVisible();
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
    expect(heard.length, heard.join(' | ')).toBeLessThanOrEqual(12);
    const titles = await page.locator('[data-piece] h4').allTextContents();
    expect(titles.length).toBeGreaterThan(10);
    expect(heard.filter((words) => titles.some((title) => says(words, title)))).toEqual([]);
    const live = '[aria-live], [role=status], [role=alert], [role=log]';
    expect(
      await pieces(page).evaluateAll(
        (found, selector) => found.filter((piece) => piece.closest(selector)).length,
        live,
      ),
    ).toBe(0);
  });

  test('the main job reads as a tree: a labelled box, then stages, parts and pieces under each other', async ({ page }) => {
    await page.goto(fast.url());
    await expect(page.getByRole('main')).toMatchAriaSnapshot(`
      - main:
        - heading "Say what you want to build. Read what it takes." [level=1]
        - paragraph
        - text: What do you want to build?
        - textbox "What do you want to build?"
        - paragraph: /One sentence is enough/
        - button "Build it"
    `);
    await startProject(page, fast, SYNTHESIZERS);
    await expectState(page, 'done');
    const project = page.getByRole('main').getByRole('article').first();
    await expect(project.getByRole('heading', { level: 1 })).toHaveText(SYNTHESIZERS);
    await expect(project.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Brand' })).toBeVisible();
    for (const [stage, part] of [
      ['Product', 'What they can do'],
      ['Product', 'What it keeps'],
      ['Brand', 'Colours'],
      ['Brand', 'Names considered'],
    ] as const) {
      const region = project.getByRole('region', { name: stage, exact: true });
      await expect(region.getByRole('heading', { level: 2, name: stage })).toHaveCount(1);
      const inner = region.getByRole('region', { name: part, exact: true });
      await expect(inner.getByRole('heading', { level: 3, name: part })).toHaveCount(1);
      const titles = inner.getByRole('article').getByRole('heading', { level: 4 });
      expect(await titles.count(), `${part} holds pieces under headings of their own`).toBeGreaterThan(2);
    }
    await expect(page.getByRole('textbox', { name: 'Make it again, differently' })).toBeVisible();
  });

  test('every page has one main heading, landmarks, a language and a title of its own', async ({ page, context }) => {
    const guest = await guestWith(fast, context);
    const [first] = (await guest.list()).items;
    const { project } = await guest.make(SYNTHESIZERS);
    const shared = await makePublic(guest, project);
    const titles: string[] = [];
    for (const path of [...PAGES, `/projects/${first?.id}`, shared]) {
      await page.goto(fast.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
      await expect(page.getByRole('main'), path).toHaveCount(1);
      await expect(page.getByRole('banner'), path).toHaveCount(1);
      await expect(page.getByRole('contentinfo'), path).toHaveCount(1);
      await expect(page.locator('html'), path).toHaveAttribute('lang', 'en');
      titles.push(await page.title());
    }
    expect(titles, 'no two alike').toEqual([...new Set(titles)]);

    // Where two pages are one and the same step, or one and the same project, their titles are as well.
    for (const path of ['/signup/sent', '/reset/sent', `/projects/${first?.id}/edit`]) {
      await page.goto(fast.url(path));
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
      for (const landmark of ['main', 'banner', 'contentinfo'] as const) {
        await expect(page.getByRole(landmark), path).toHaveCount(1);
      }
      expect(await page.title(), path).toMatch(/ · Atlas9$/);
    }
  });

  test('pages that ask nothing of the browser ship no script but the reporter', async ({ page, context }) => {
    const guest = await guestWith(fast, context);
    const [project] = (await guest.list()).items;
    const shared = await makePublic(guest, project?.id ?? '');
    const loaded: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script' || /\.(?:js|mjs|wasm)\b/.test(request.url())) loaded.push(request.url());
    });
    const without = PAGES.filter((path) => path !== WITH_A_SCRIPT);
    for (const path of [...without, '/signup/sent', '/reset/sent', shared]) {
      await page.goto(fast.url(path), { waitUntil: 'load' });
      await expect(page.locator(OTHER_SCRIPTS), path).toHaveCount(0);
    }
    expect(loaded.filter((url) => !url.includes(REPORTER))).toEqual([]);
  });
});

function rows(page: Page): Locator {
  return page.getByRole('main').locator('ol.projects, ol.explore').getByRole('listitem');
}

/** Whether a text has these words in it: "Done" does not say "Do". */
function says(text: string, words: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(words.trim())}(?![\\p{L}\\p{N}])`, 'u').test(text);
}

function escapeRegExp(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** All of a page, or the part of it that the tests of the whole page leave folded. */
async function expectAccessible(page: Page, part = 'html'): Promise<void> {
  await page.waitForLoadState('load');
  // What is out of view is not laid out until it comes into view; axe would take the room kept for it for its size.
  // A part is in view already.
  if (part === 'html') {
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { content-visibility: visible !important; }');
      document.adoptedStyleSheets = [sheet];
    });
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // What passed is not looked at; to tell of each such element how to find it would take most of the time.
    const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).withTags(STANDARDS);
    const { violations } = await axe.include(part).setLegacyMode(true).analyze();
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
