// Whatever somebody types is taken as it is, or comes back with the reason why it cannot be.
import { expect, test, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { mediaType } from './support/http';
import { useServer } from './support/server';
import { box, buildButton, EDITOR, expectState, pieces, startProject, submit, work } from './support/studio';

const server = useServer();
const paced = useServer({ paceMs: 15 });
const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

/** Typed text that cannot be used, with what is said of it. */
const REFUSED = [
  {
    name: 'nothing but white space',
    typed: '  \n \t ',
    reason: 'Say in a sentence what you want to build: the directive is empty.',
  },
  { name: 'nothing but invisible characters', typed: '\u200b\u2060', reason: 'the directive is empty' },
  {
    name: '4,001 characters',
    typed: 'a'.repeat(4_001),
    reason: 'The directive has 4001 characters; 4000 is the most. Shorten it by 1.',
  },
  { name: '4,321 emoji', typed: '🐝'.repeat(4_321), reason: 'Shorten it by 321.' },
  {
    name: 'a control character',
    typed: 'An app \u0007 for bells',
    reason: 'Character 8 of the directive is a control character (U+0007).',
  },
];

for (const { name, typed, reason } of REFUSED) {
  test(`${name} is refused with the form, what was typed, and the reason`, async ({ page, context }) => {
    const posted = page.waitForResponse((response) => response.url() === server.url('/fn/start_generation'));
    await submit(page, server, typed);
    expect((await posted).status()).toBe(422);
    await expect(page.getByRole('alert')).toContainText(reason);
    await expect(box(page)).toHaveValue(typed);
    await expect(box(page)).toBeFocused();
    await expect(box(page)).toHaveAttribute('aria-invalid', 'true');
    await expect(box(page)).toHaveAccessibleDescription(new RegExp(escaped(reason)));
    expect(await context.cookies(), 'nobody became a guest').toEqual([]);
  });
}

test('a refused directive can be mended in place', async ({ page }) => {
  await submit(page, server, `A shelf for \u0007 borrowed books`);
  await expect(page.getByRole('alert')).toBeVisible();
  await box(page).fill('A shelf for borrowed books');
  await buildButton(page).click();
  await page.waitForURL(EDITOR);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A shelf for borrowed books');
});

test('a form without a directive, and the API, say the same', async () => {
  const guest = new Guest(server);
  for (const body of ['', 'directive=', 'directive=%20', 'other=1', 'directive=an%20%00app', 'directive=%1B']) {
    const answer = await guest.ask('/fn/start_generation', { method: 'POST', headers: FORM, body });
    expect([answer.status, mediaType(answer)], body).toEqual([422, 'text/html']);
    expect(answer.text, body).toContain('id="directive-error"');
  }
  for (const directive of ['', ' \n', 'a'.repeat(4_001), 'an \u0000app', '\u202e \u2066']) {
    const answer = await guest.post('/api/projects', { directive });
    expect([answer.status, mediaType(answer)], directive.slice(0, 20)).toEqual([422, 'application/problem+json']);
    expect(JSON.parse(answer.text)).toMatchObject({ type: '/problems/bad-directive', status: 422 });
  }
  const malformed = await guest.ask('/fn/start_generation', {
    method: 'POST',
    headers: FORM,
    body: 'directive=%FF%FE%zz',
  });
  expect(malformed.status).toBeLessThan(500);
});

/** Typed text that has to be shown exactly as it was typed. */
const TAKEN = [
  { name: 'right-to-left text', typed: 'سوق للكتب المستعملة مع التوصيل والتقييم' },
  { name: 'emoji and mixed scripts', typed: 'Ein 市場 για βιβλία 👩‍🌾, с доставкой 🇸🇪 و تقييم 🏴󠁧󠁢󠁳󠁣󠁴󠁿' },
  { name: 'lines, quotes and entities', typed: `"Fish" & 'chips'.\n\n&amp; &lt;salt&gt;,\n%20 + \\n {{x}} \${y}` },
  { name: '4,000 emoji', typed: '🐝'.repeat(4_000) },
];

for (const { name, typed } of TAKEN) {
  test(`${name}: a project is made, and the directive is shown as typed`, async ({ page }) => {
    const project = await startProject(page, server, typed);
    await expectState(page, 'done');
    await expectHeading(page, typed);
    await page.goto(server.url(`/projects/${project}`));
    await expectHeading(page, typed);
    expect(await pieces(page).count()).toBeGreaterThan(5);
  });
}

test('unusual directives of every kind end well', async () => {
  test.setTimeout(90_000);
  const guest = new Guest(server);
  const unusual = [
    'x',
    '?',
    '…',
    '🐝',
    'A zindle where flumps glorb quaxes',
    'b'.repeat(4_000),
    'the the the the',
    '1 2 3 4 5',
    `A log ${'of very long walks '.repeat(300)}`.slice(0, 3_999) + '.',
    ','.repeat(4_000),
    'and with for that',
    '\'"`\\',
    'a\u0301\u0301\u0301\u0301 mark',
    'x\u202ey',
    '한국어로 된 앱',
    'Ω≈ç√∫˜µ≤≥÷',
    'DROP TABLE projects; --',
    '{"directive": "x"}',
  ];
  for (const directive of unusual) {
    const { project, generation } = await guest.make(directive);
    const { events } = await guest.log(generation);
    expect(events.at(-1)?.kind, directive.slice(0, 40)).toBe('done');
    expect(events.filter(({ kind }) => kind === 'piece').length, directive.slice(0, 40)).toBeGreaterThan(5);
    expect((await guest.json<{ directive: string }>(`/api/projects/${project}`)).directive).toBe(
      directive.normalize('NFC').trim(),
    );
  }
});

const HOSTILE = `A shop <img src=x onerror="alert(1)"> for </textarea><script>alert(2)</script> <b id="bold">lamps</b> <!-- & --> ]]>`;

test('HTML and script in a directive are shown as text, live, on reload and in lists', async ({ page }) => {
  const alarms = watchForHarm(page);
  const project = await startProject(page, paced, HOSTILE);
  await expectState(page, 'done');
  await expectHarmless(page);
  for (const path of [`/projects/${project}/edit`, `/projects/${project}`, '/projects']) {
    await page.goto(paced.url(path));
    await expectHarmless(page);
    await expect(page.getByRole('main')).toContainText('<b id="bold">lamps</b>');
  }
  expect(alarms).toEqual([]);
});

test('HTML and script in a refused directive are back in the box, as text', async ({ page }) => {
  const alarms = watchForHarm(page);
  const typed = `${HOSTILE}${'a'.repeat(4_001)}`;
  await submit(page, server, typed);
  await expect(page.getByRole('alert')).toContainText('Shorten it by');
  await expect(box(page)).toHaveValue(typed);
  await expectHarmless(page);
  expect(alarms).toEqual([]);
});

test('HTML and script in a note do no harm', async ({ page }) => {
  const alarms = watchForHarm(page);
  await startProject(page, server, 'A shed for borrowed ladders');
  await expectState(page, 'done');
  const first = await work(page).getAttribute('data-generation');
  await page.getByLabel('Make it again, differently').fill(`add ${HOSTILE}`);
  await page.getByRole('button', { name: 'Make it again' }).click();
  await expect(work(page)).not.toHaveAttribute('data-generation', first ?? '');
  await expectState(page, 'done');
  await expectHarmless(page);
  expect(alarms).toEqual([]);
});

async function expectHeading(page: Page, typed: string): Promise<void> {
  expect(await page.getByRole('heading', { level: 1 }).evaluate((heading) => heading.textContent)).toBe(typed);
}

/** Collects dialogs and broken content security policies. */
function watchForHarm(page: Page): string[] {
  const alarms: string[] = [];
  page.on('dialog', (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) alarms.push(message.text());
  });
  return alarms;
}

async function expectHarmless(page: Page): Promise<void> {
  await expect(page.locator('main img, main script, #bold, [onerror]')).toHaveCount(0);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
