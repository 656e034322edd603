// The console of the queue: administrators look after jobs in a browser or on the command line, and nobody else knows of it.
import { gzipSync } from 'node:zlib';
import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { expectWellMade } from './support/looks';
import { usePeopled } from './support/members';

const PAGES = ['/jobs', '/jobs/list', '/jobs/list?state=scheduled', '/jobs/dead', '/jobs/dead?kind=ring-bells'];
/** As Leptos.toml has it for pages of lists, which the console is not among: it is measured with a guest. */
const HTML_GZIP_BYTES = 14_000;
/** To look at eight pages at three widths and in two themes takes axe its time. */
const MANY_PAGES_MS = 90_000;
const people = usePeopled();
const server = people.server;

test.beforeEach(() => {
  server.sql("delete from jobs where kind in ('count-bells', 'ring-bells')");
  server.sql("delete from jobs_dead where kind in ('count-bells', 'ring-bells')");
});

test('whoever is no administrator finds nothing there, and can do nothing', async ({ page, context }) => {
  const job = scheduled('Alte');
  const letter = dead('Salir');
  const guest = new Guest(server);
  await guest.start('A register of village bridges');
  for (const somebody of [new Guest(server), guest]) {
    for (const path of [...PAGES, `/jobs/${job}`]) expect((await somebody.page(path)).status, path).toBe(404);
  }
  await context.addCookies(people.member);
  for (const path of [...PAGES, `/jobs/${job}`]) {
    const answer = await page.goto(server.url(path));
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await expect(page).toHaveTitle('Not found · Atlas9');
    await expect(page.getByRole('link', { name: 'Jobs' })).toHaveCount(0);
  }
  for (const [verb, id] of [
    ['cancel_job', job],
    ['hurry_job', job],
    ['redrive_job', letter],
    ['bury_job', letter],
    ['redrive_jobs', ''],
  ] as const) {
    const answer = await page.request.post(server.url(`/fn/${verb}`), { form: { job: id }, maxRedirects: 0 });
    expect(answer.status(), verb).toBe(404);
  }
  expect(server.sql(`select count(*) from jobs where id = '${job}' and run_at > now()`)).toBe('1');
  expect(server.sql(`select count(*) from jobs_dead where id = '${letter}'`)).toBe('1');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('an administrator comes by the masthead and sees queues, workers, schedules and the last hour', async ({
    page,
    context,
  }) => {
    scheduled('Alte');
    dead('Salir');
    minute();
    await enter(context);
    await page.goto(server.url('/projects'));
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).click();
    await expect(page).toHaveURL(server.url('/jobs'));
    await expect(page.getByRole('heading', { level: 1, name: 'Jobs' })).toBeVisible();
    const queues = page.getByRole('region', { name: 'Jobs by kind and state' });
    await expect(queues.getByRole('row', { name: 'count-bells' })).toContainText('usual');
    await expect(page.getByRole('region', { name: 'Processes that work' })).toContainText('works');
    await expect(page.getByRole('region', { name: 'What is published again and again' })).toContainText('tidy-jobs');
    await expect(page.getByRole('img', { name: /^In the last hour \d+ jobs were done/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /half waited no longer than/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /half took no longer than/ })).toBeVisible();
    await queues.getByRole('link', { name: '1 dead letter of ring-bells' }).click();
    await expect(page).toHaveURL(server.url('/jobs/dead?kind=ring-bells'));
  });

  test('a dead letter tells why and what it carried, and is published again', async ({ page, context }) => {
    const letter = dead('Salir');
    await enter(context);
    await page.goto(server.url('/jobs/dead?kind=ring-bells'));
    const row = letters(page);
    await expect(row).toHaveCount(1);
    await expect(row).toContainText('the rope tore in Salir');
    await expect(row).toContainText('failed too often, 3 attempts');
    await row.getByText('Payload, and deleting it').click();
    await expect(row.getByRole('group', { name: 'Payload', exact: true })).toContainText('"village": "Salir"');
    await row.getByRole('button', { name: `Redrive: ring-bells ${letter}` }).click();
    await expect(page.getByRole('status')).toHaveText('Published again, with all its attempts.');
    await expect(page.getByText('Nothing was given up.')).toBeVisible();
    await page.goto(server.url(`/jobs/${letter}`));
    await expect(page.getByRole('main')).toContainText('ready');
  });

  test('all of a kind are published again at once, one is deleted for good', async ({ page, context }) => {
    ['Alte', 'Salir', 'Querença'].forEach(dead);
    await enter(context);
    await page.goto(server.url('/jobs/dead?kind=ring-bells'));
    await expect(letters(page)).toHaveCount(3);
    await letters(page).first().getByText('Payload, and deleting it').click();
    await letters(page).first().getByRole('button', { name: 'Delete for good' }).click();
    await expect(page.getByRole('status')).toHaveText('Deleted.');
    await expect(letters(page)).toHaveCount(2);
    await page.getByRole('button', { name: 'Redrive all of ring-bells' }).click();
    await expect(page.getByRole('status')).toHaveText('2 dead letters are published again.');
    expect(server.sql("select count(*) from jobs where kind = 'ring-bells'")).toBe('2');
  });

  test('a scheduled job begins now, or is cancelled', async ({ page, context }) => {
    const [soon, never] = [scheduled('Alte'), scheduled('Salir')];
    await enter(context);
    await page.goto(server.url('/jobs/list?state=scheduled&kind=count-bells'));
    await page.getByRole('button', { name: `Cancel: count-bells ${never}` }).click();
    await expect(page.getByRole('status')).toContainText('Cancelled.');
    await expect(page.getByRole('row').filter({ hasText: never })).toHaveCount(0);
    await page.getByRole('button', { name: `Run now: count-bells ${soon}` }).click();
    await expect(page.getByRole('status')).toHaveText('The job may begin now.');
    await page.getByRole('navigation', { name: 'States' }).getByRole('link', { name: 'ready' }).click();
    await expect(page.getByRole('row').filter({ hasText: soon })).toContainText('ready');
    await page.goto(server.url(`/jobs/${never}`));
    await expect(page.getByRole('main')).toContainText('cancelled');
  });

  test('a schedule is paused and resumed', async ({ page, context }) => {
    await enter(context);
    await page.goto(server.url('/jobs'));
    await page.getByRole('button', { name: 'Pause: tidy-mail' }).click();
    await expect(page.getByRole('status')).toContainText('The schedule is paused');
    await expect(page.getByRole('row', { name: 'tidy-mail' })).toContainText('paused');
    await page.getByRole('button', { name: 'Resume: tidy-mail' }).click();
    await expect(page.getByRole('status')).toContainText('goes on from its next moment');
    await expect(page.getByRole('button', { name: 'Pause: tidy-mail' })).toBeVisible();
  });

  test('lists come fifty at a time, the latest first', async ({ page, context }) => {
    server.sql(`insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
                select gen_random_uuid(), 'count-bells', 'usual', '{}', 1, now() + interval '1 day', 3 from generate_series(1, 60)`);
    await enter(context);
    await page.goto(server.url('/jobs/list'));
    await page.getByLabel('Kind').selectOption('count-bells');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.locator('tbody tr')).toHaveCount(50);
    await page.getByRole('link', { name: 'Older' }).click();
    await expect(page.locator('tbody tr')).toHaveCount(10);
    await page.getByRole('link', { name: 'Latest' }).click();
    await expect(page).toHaveURL(server.url('/jobs/list?kind=count-bells'));
  });
});

test('axe finds nothing serious, in light and dark, and no page scrolls sideways or ships a script', async ({
  page,
  context,
}) => {
  test.setTimeout(MANY_PAGES_MS);
  const job = scheduled(`Vila ${'Nova'.repeat(60)}`);
  const letter = dead(`Vila ${'Velha'.repeat(60)}`);
  minute();
  await enter(context);
  for (const path of [...PAGES, `/jobs/${job}`, `/jobs/${letter}`, '/jobs/list?kind=nothing']) {
    await page.goto(server.url(path));
    await expectWellMade(page, path);
  }
});

test('a page of the console is small, and nobody keeps it', async ({ page, context }) => {
  minute();
  await enter(context);
  for (const path of PAGES) {
    const answer = await page.request.get(server.url(path), { headers: { accept: 'text/html' } });
    expect(answer.headers()['cache-control'], path).toBe('no-store');
    expect(gzipSync(await answer.body()).length, path).toBeLessThan(HTML_GZIP_BYTES);
  }
});

test('the command line says and does the same', () => {
  const job = scheduled('Alte');
  const letter = dead('Salir');
  expect(server.run('jobs', 'ls', '--kind', 'count-bells')).toContain(
    `${job}  count-bells            scheduled     0/3`,
  );
  const [line] = lines(server.run('jobs', 'ls', '--state', 'scheduled', '--kind', 'count-bells', '--json'));
  expect(line).toMatchObject({ id: job, state: 'scheduled', payload: { village: 'Alte' } });
  expect(server.run('jobs', 'dlq')).toContain('the rope tore in Salir');
  expect(lines(server.run('jobs', 'dlq', '--kind', 'ring-bells', '--json'))).toMatchObject([
    { id: letter, cause: 'attempts', payload: { village: 'Salir' } },
  ]);
  expect(server.run('jobs', 'schedules')).toMatch(/^tidy-jobs .* UTC /m);

  expect(server.run('jobs', 'retry', job)).toBe(`${job} may begin now\n`);
  expect(failure('jobs', 'retry', job)).toMatch(/does not wait for its time/);
  expect(server.run('jobs', 'cancel', job)).toBe(`${job} is cancelled\n`);
  expect(failure('jobs', 'cancel', job)).toMatch(/there is no job .* that waits or runs/);
  expect(JSON.parse(server.run('jobs', 'show', job))).toMatchObject({ state: 'cancelled' });
  expect(server.run('jobs', 'redrive', letter)).toBe(`${letter} is published again\n`);
  expect(failure('jobs', 'redrive', letter)).toMatch(/there is no dead letter/);
  ['Alte', 'Querença'].forEach(dead);
  expect(server.run('jobs', 'redrive', '--kind', 'ring-bells')).toBe('2 dead letters are published again\n');
  expect(server.run('jobs', 'redrive', '--all')).toBe('0 dead letters are published again\n');
  expect(failure('jobs', 'show', 'x')).toMatch(/"x" is no job's id/);
  expect(failure('jobs', 'ls', '--state', 'lost')).toMatch(/no state of a job; those are running, ready/);
});

async function enter(context: BrowserContext): Promise<void> {
  await context.addCookies(people.administrator);
}

function letters(page: Page): Locator {
  return page.locator('ol.letters > li');
}

/** A job of tomorrow, of a kind that no worker does. */
function scheduled(village: string): string {
  return server.sql(`insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
    values (gen_random_uuid(), 'count-bells', 'usual', '{"village":"${village}"}', 1, now() + interval '1 day', 3) returning id`);
}

/** A dead letter, likewise. */
function dead(village: string): string {
  return server.sql(`insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at)
    values (gen_random_uuid(), 'ring-bells', 'usual', '{"village":"${village}"}', 1, 3, 3, 0, 'attempts', 'the rope tore in ${village}', now())
    returning id`);
}

/** A minute in which something happened. */
function minute(): void {
  const classes = (...counts: number[]) =>
    `array[${[...counts, ...Array<number>(20 - counts.length).fill(0)].join()}]::bigint[]`;
  server.sql(`insert into job_minutes (kind, minute, published, done, failed, dead, waits, runs)
    values ('count-bells', date_trunc('minute', now()), 12, 10, 2, 0, ${classes(6, 6)}, ${classes(0, 0, 0, 11, 0, 1)})
    on conflict do nothing`);
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a command says that ends with 1. */
function failure(...command: string[]): string {
  try {
    return `it did not fail: ${server.run(...command)}`;
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    expect(status).toBe(1);
    return stderr;
  }
}
