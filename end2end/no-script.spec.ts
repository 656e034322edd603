// Everything works without JavaScript, and no page asks for any but the editor.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import type { Answer } from './support/http';
import { REPORTER, otherScripts } from './support/scripts';
import { useServer } from './support/server';
import { makePublic } from './support/shelves';
import { box, buildButton, EDITOR, guestWith, pagesBehind, pieces, projectOf, READER, STOPPED, submit } from './support/studio';

const paced = useServer({ paceMs: 15 });
const fast = useServer();
/** For what is to be done before the end. */
const slow = useServer({ paceMs: 60 });

/** What `guestWith` makes. */
const NEIGHBOURS = 'A library where neighbours lend tools';

const PARTS = [
  'basis',
  'summary',
  'problem',
  'personas',
  'features',
  'entities',
  'journeys',
  'metrics',
  'risks',
  'out_of_scope',
  'name',
  'tagline',
  'logo',
  'palette',
  'typography',
  'voice',
  'samples',
  'names',
  'approach',
  'screens',
  'components',
  'type_scale',
  'space_scale',
  'tokens',
  'diagrams',
  'roles',
  'tables',
  'operations',
  'decisions',
  'deployment',
  'capacity',
  'threats',
  'tree',
  'files',
];

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('the form starts a project, and the page that follows streams it to its end', async ({ page }) => {
    await submit(page, paced, SYNTHESIZERS);
    await page.waitForURL(READER, { waitUntil: 'commit' });

    await expect(page.getByRole('heading', { level: 1 })).toHaveText(SYNTHESIZERS);
    const early = await pieces(page).count();
    await expect(page.getByRole('status')).toHaveText('Done', { timeout: 25_000 });
    expect(await pieces(page).count()).toBeGreaterThan(early);
    await expect(page.locator('.feature').filter({ hasText: 'vintage synthesizer' }).first()).toBeVisible();
  });

  test('Stop is a plain form: what was made is kept', async ({ page }) => {
    await submit(page, slow, SYNTHESIZERS);
    await page.waitForURL(READER, { waitUntil: 'commit' });
    await expect(pieces(page).first()).toBeVisible();

    await page.getByRole('button', { name: 'Stop' }).click();

    await expect(page.getByRole('status')).toHaveText(STOPPED, { timeout: 15_000 });
    await expect(page).toHaveURL(READER);
    await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
    expect(await pieces(page).count()).toBeGreaterThan(0);
  });

  test('a finished project can be made again, and listed', async ({ page }) => {
    await submit(page, fast, SYNTHESIZERS);
    await page.waitForURL(READER);
    const project = projectOf(page);
    const before = await page.locator('.feature').count();

    await page.getByLabel('Make it again, differently').fill('fewer features');
    const posted = page.waitForResponse((response) => response.url() === fast.url('/fn/regenerate'));
    await page.getByRole('button', { name: 'Make it again' }).click();
    expect((await posted).status()).toBe(303);

    await expect.poll(() => page.locator('.feature').count()).toBeLessThan(before);
    await expect(page).toHaveURL(fast.url(`/projects/${project}`));
    await page.goto(fast.url('/projects'));
    await expect(page.getByRole('listitem').filter({ hasText: SYNTHESIZERS })).toHaveCount(1);
  });

  test('an editor that is done leads to the page to read', async ({ page, context }) => {
    const guest = new Guest(fast);
    const { project } = await guest.make(SYNTHESIZERS);
    await guest.enter(context);
    await page.goto(fast.url(`/projects/${project}/edit`), { waitUntil: 'commit' });
    await expect(page).toHaveURL(fast.url(`/projects/${project}`));
  });

  test('a directive that cannot be used comes back in the form with the reason', async ({ page }) => {
    await page.goto(fast.url());
    await box(page).fill('   ');
    await buildButton(page).click();
    await expect(page.getByRole('alert')).toContainText('the directive is empty');
    await expect(page).not.toHaveURL(EDITOR);
  });

  test('projects are searched for and sorted', async ({ page, context }) => {
    const guest = await guestWith(fast, context);
    await guest.make(SYNTHESIZERS);
    const rows = page.locator('ol.projects > li > a');
    await page.goto(fast.url('/projects'));
    await expect(rows).toHaveText([SYNTHESIZERS, NEIGHBOURS]);

    await page.getByRole('search').getByLabel('Order').selectOption('Oldest first');
    await page.getByRole('search').getByRole('button').click();
    await expect(rows).toHaveText([NEIGHBOURS, SYNTHESIZERS]);

    await page.getByRole('searchbox').fill('escrow');
    await page.getByRole('searchbox').press('Enter');
    await expect(rows).toHaveText([SYNTHESIZERS]);
    await expect(page.getByRole('searchbox'), 'what was searched for stays in the field').toHaveValue('escrow');
    await expect(page.getByLabel('Order'), 'so does the order').toHaveValue('oldest');

    await page.getByRole('searchbox').fill('zeppelins & "dirigibles"');
    await page.getByRole('search').getByRole('button').click();
    await expect(rows).toHaveCount(0);
    await expect(page.getByText('Nothing here says “zeppelins & "dirigibles"”.')).toBeVisible();
  });

  test('a project is archived, and taken back by Undo', async ({ page, context }) => {
    await guestWith(fast, context);
    await page.goto(fast.url('/projects'));
    await page.getByRole('button', { name: `Archive: ${NEIGHBOURS}` }).click();
    await expect(page.getByRole('status')).toContainText(`Archived: ${NEIGHBOURS}`);
    await expect(page.locator('ol.projects > li')).toHaveCount(0);
    await page.goto(fast.url('/projects?shelf=archived'));
    await expect(page.locator('ol.projects > li')).toHaveCount(1);
    await page.goBack();

    await page.getByRole('status').getByRole('button', { name: /^Undo/ }).click();

    await expect(page.getByRole('status')).toContainText(`Back among your projects: ${NEIGHBOURS}`);
    await expect(page.locator('ol.projects > li')).toHaveCount(1);
    await page.goto(fast.url('/projects?shelf=archived'));
    await expect(page.locator('ol.projects > li')).toHaveCount(0);
  });

  test('a project is renamed', async ({ page, context }) => {
    const guest = await guestWith(fast, context);
    const [project] = (await guest.list()).items;
    await page.goto(fast.url(`/projects/${project?.id}`));
    await page.getByText('Name, cover, sharing, archive').click();
    await page.getByLabel('Name', { exact: true }).fill('The <b>tool</b> shed');
    await page.getByRole('button', { name: 'Rename' }).click();
    await expect(page).toHaveTitle('The <b>tool</b> shed · Atlas9');
    await page.goto(fast.url('/projects'));
    await expect(page.locator('ol.projects > li > a')).toHaveText('The <b>tool</b> shed');
  });

  test('a project is shown to everybody, and hidden again', async ({ page, context, browser }) => {
    const guest = await guestWith(fast, context);
    const [project] = (await guest.list()).items;
    await page.goto(fast.url(`/projects/${project?.id}`));
    await page.getByText('Name, cover, sharing, archive').click();
    await page.getByLabel('Public').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(`**/projects/${project?.id}?open=sharing#sharing`);
    const path = await page.locator('.shared-at a').getAttribute('href');
    expect(path).toMatch(/^\/p\/[\w-]+$/);

    const elsewhere = await browser.newContext({ javaScriptEnabled: false });
    const stranger = await elsewhere.newPage();
    await stranger.goto(fast.url('/explore'));
    await stranger.getByRole('searchbox').fill('nothing of the kind');
    await stranger.getByRole('button', { name: 'Search' }).click();
    await expect(stranger.getByText('Nobody shows anything that says “nothing of the kind”.')).toBeVisible();
    await stranger.getByRole('searchbox').fill(NEIGHBOURS.slice(0, 9));
    await stranger.getByRole('button', { name: 'Search' }).click();
    await stranger.getByRole('link', { name: NEIGHBOURS }).first().click();
    await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(NEIGHBOURS);
    await expect(pieces(stranger).first()).toBeVisible();

    await page.goto(fast.url(`/projects/${project?.id}`));
    await page.getByText('Name, cover, sharing, archive').click();
    await page.getByLabel('Private').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(`**/projects/${project?.id}?open=sharing#sharing`);
    await expect(page.locator('.shared-at')).toHaveCount(0);
    expect((await stranger.goto(fast.url(path ?? '')))?.status()).toBe(404);
    await elsewhere.close();
  });

  test('the theme of one’s own pages is chosen in the settings', async ({ page, context }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await guestWith(fast, context);
    await page.goto(fast.url('/settings'));
    await page.getByLabel('Dark').check();
    await page.locator('#appearance').getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('status')).toContainText('Saved.');
    await expect(page.getByLabel('Dark')).toBeChecked();
    for (const path of ['/settings', '/projects']) {
      await page.goto(fast.url(path));
      await expect(page.locator('html'), path).toHaveAttribute('data-theme', 'dark');
      await expect(page.locator('html'), path).toHaveCSS('background-color', 'rgb(22, 21, 15)');
    }

    await page.goto(fast.url('/settings'));
    await page.getByLabel('As my device').check();
    await page.locator('#appearance').getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('status')).toContainText('Saved.');
    await page.goto(fast.url('/projects'));
    await expect(page.locator('html')).not.toHaveAttribute('data-theme');
    await expect(page.locator('html')).toHaveCSS('background-color', 'rgb(250, 248, 243)');
  });
});

test('the page of a running generation comes in order, part after part, while it is made', async () => {
  const guest = new Guest(paced);
  const { project } = await guest.start(SYNTHESIZERS);

  const answer = await guest.ask(`/projects/${project}`, { headers: { accept: 'text/html' }, limitMs: 20_000 });

  expect(answer.status).toBe(200);
  const end = answer.parts.at(-1)?.at ?? 0;
  const heading = arrivalOf(answer, '<h1');
  expect(end - heading, 'the heading is there well before the end').toBeGreaterThan(1_000);
  expect(arrivalOf(answer, 'value="Stop"', '>Stop<'), 'so is the way to stop it').toBeLessThan(end - 1_000);
  const places = PARTS.map((part) => answer.text.indexOf(`data-slot="${part}"`));
  expect(places, 'every part is there').not.toContain(-1);
  expect(places, 'in reading order').toEqual([...places].sort((a, b) => a - b));
  const arrivals = PARTS.map((part) => arrivalOf(answer, `data-slot="${part}"`));
  expect(arrivals, 'each after the one above it').toEqual([...arrivals].sort((a, b) => a - b));
  expect(
    new Set(arrivals.map((at) => Math.round(at / 20))).size,
    `one by one: ${arrivals.map(Math.round).join(', ')}`,
  ).toBeGreaterThan(5);
  expect(answer.text.trimEnd()).toMatch(/<\/html>$/);
  expect(otherScripts(answer.text)).toEqual([]);
});

test('no page refers to a script but the reporter, and the editor, the room and the settings to their own', async () => {
  const guest = new Guest(fast);
  const made = await guest.make(SYNTHESIZERS);
  const { project } = made;
  const quiet = [
    '/',
    '/explore',
    await makePublic(guest, project),
    '/login',
    '/signup',
    '/signup/sent',
    '/reset',
    '/reset/sent',
    '/speed',
    '/status',
    '/offline',
    '/settings/webhooks',
    '/projects',
    '/projects?q=nothing&shelf=archived',
    `/projects/${project}`,
    ...pagesBehind(made).filter((path) => path !== `/projects/${project}/room`),
    '/nowhere',
    '/fn/nowhere',
    '/projects?cursor=x',
  ];
  for (const path of quiet) {
    expect(otherScripts((await guest.page(path)).text), path).toEqual([]);
  }

  const islands: unknown = expect.stringMatching(/^\/islands\.js\?/);
  const other = new Guest(paced);
  const running = await other.start(SYNTHESIZERS);
  const editor = await other.page(`/projects/${running.project}/edit`);
  await other.cancel(running.generation);

  expect(editor.text).toContain('data-state="running"');
  expect(editor.text).toContain(`<noscript><meta http-equiv="refresh" content="0;url=/projects/${running.project}"`);
  expect(modules(editor.text)).toEqual([islands]);
  expect(modules((await guest.page(`/projects/${project}/room`)).text)).toEqual([
    expect.stringMatching(/^\/pkg\/room\.[0-9a-f]+\.js$/),
    islands,
  ]);
  expect(modules((await guest.page('/settings')).text)).toEqual([expect.stringMatching(/^\/pkg\/push\.[0-9a-f]+\.js$/)]);
});

/** The sources of a page's scripts but the reporter; all of which are modules, and in files. */
function modules(html: string): string[] {
  const tags = (html.match(/<script\b[^>]*>[^]*?<\/script>/g) ?? []).filter((tag) => !tag.includes(REPORTER));
  return tags.map((tag) => {
    expect(tag).toMatch(/^<script (?=[^>]*type="module")[^>]*><\/script>$/);
    return / src="([^"]*)"/.exec(tag)?.[1] ?? tag;
  });
}

/** When the first of these texts had arrived, in milliseconds after the request. */
function arrivalOf(answer: Answer, ...texts: string[]): number {
  let soFar = '';
  for (const part of answer.parts) {
    soFar += part.text;
    if (texts.some((text) => soFar.includes(text))) return part.at;
  }
  throw new Error(`The page never said ${texts.join(' or ')}.`);
}
