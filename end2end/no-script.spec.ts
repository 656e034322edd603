// Everything works without JavaScript, and no page asks for any but an editor that is at work.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import type { Answer } from './support/http';
import { useServer } from './support/server';
import { box, buildButton, EDITOR, pieces, projectOf, READER, STOPPED, submit } from './support/studio';

const paced = useServer({ paceMs: 80 });
const fast = useServer();

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
];

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('the form starts a project, and the page that follows streams it to its end', async ({ page }) => {
    await submit(page, paced, SYNTHESIZERS);
    await page.waitForURL(READER, { waitUntil: 'commit' });

    await expect(page.getByRole('heading', { level: 1 })).toHaveText(SYNTHESIZERS);
    const early = await pieces(page).count();
    await expect(page.getByRole('status')).toHaveText('Done', { timeout: 15_000 });
    expect(await pieces(page).count()).toBeGreaterThan(early);
    await expect(page.locator('.feature').filter({ hasText: 'vintage synthesizer' }).first()).toBeVisible();
  });

  test('Stop is a plain form: what was made is kept', async ({ page }) => {
    await submit(page, paced, SYNTHESIZERS);
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
  expect(scripts(answer.text)).toEqual([]);
});

test('no page refers to a script but an editor at work, which refers to one module', async () => {
  const guest = new Guest(fast);
  const { project } = await guest.make(SYNTHESIZERS);
  const quiet = [
    '/',
    '/projects',
    `/projects/${project}`,
    `/projects/${project}/edit`,
    '/nowhere',
    '/fn/nowhere',
    '/projects?cursor=x',
  ];
  for (const path of quiet) {
    expect(scripts((await guest.page(path)).text), path).toEqual([]);
  }

  const other = new Guest(paced);
  const running = await other.start(SYNTHESIZERS);
  const editor = await other.page(`/projects/${running.project}/edit`);
  await other.cancel(running.generation);

  expect(editor.text).toContain('data-state="running"');
  expect(editor.text).toContain(`<noscript><meta http-equiv="refresh" content="0;url=/projects/${running.project}"`);
  const tags = editor.text.match(/<script\b[^>]*>[^]*?<\/script>/g) ?? [];
  expect(tags).toHaveLength(1);
  expect(tags[0]).toMatch(/^<script (?=[^>]*type="module")(?=[^>]*src="\/islands\.js\?[^"]*")[^>]*><\/script>$/);
});

/** When the first of these texts had arrived, in milliseconds after the request. */
function arrivalOf(answer: Answer, ...texts: string[]): number {
  let soFar = '';
  for (const part of answer.parts) {
    soFar += part.text;
    if (texts.some((text) => soFar.includes(text))) return part.at;
  }
  throw new Error(`The page never said ${texts.join(' or ')}.`);
}

/** Whatever makes a browser load or run a script. */
function scripts(html: string): string[] {
  return html.match(/<script\b[^>]*>|rel="?modulepreload[^>]*|[\w/.-]+\.(?:js|mjs|wasm)\b|\son\w+="[^"]*"/g) ?? [];
}
