// Long lists come a page at a time, and every project is on exactly one page.
import { expect, test } from '@playwright/test';
import { Guest, type ProjectPage } from './support/guest';
import { mediaType } from './support/http';
import { useServer } from './support/server';

const server = useServer();
const MANY = 45;
const titles = Array.from({ length: MANY }, (_, at) => `A calendar for choir number ${at + 1}`);

// Unassigned until made, once for this file.
let owner: Guest;

test.beforeAll(async () => {
  test.setTimeout(90_000);
  owner = new Guest(server);
  for (const title of titles) await owner.start(title);
});

test('"Older projects" leads through all projects, twenty a page, newest first', async ({ page, context }) => {
  await owner.enter(context);
  await page.goto(server.url('/projects'));
  const seen: string[][] = [];
  for (;;) {
    seen.push(await page.locator('ol.projects > li > a').allTextContents());
    const older = page.getByRole('link', { name: 'Older projects' });
    if ((await older.count()) === 0 || seen.length > MANY) break;
    const here = page.url();
    await older.click();
    await expect(page).not.toHaveURL(here);
    await page.waitForLoadState('load');
  }
  expect(seen.map((rows) => rows.length)).toEqual([20, 20, 5]);
  expect(seen.flat()).toEqual([...titles].reverse());
  await page.getByRole('link', { name: 'Newest projects' }).click();
  await expect(page).toHaveURL(server.url('/projects'));
  await expect(page.getByRole('link', { name: 'Newest projects' })).toHaveCount(0);
});

test('the API pages likewise, whatever the page size', async () => {
  for (const limit of [7, 20, 45]) {
    const pages = await allPages(owner, limit);
    expect(pages.map(({ items }) => items.length)).toEqual(sizes(MANY, limit));
    expect(pages.flatMap(({ items }) => items.map(({ directive }) => directive))).toEqual([...titles].reverse());
  }
  expect((await owner.list()).items).toHaveLength(20);
});

test('a project started between two pages moves nothing', async () => {
  const guest = new Guest(server);
  for (let at = 0; at < 6; at += 1) await guest.start(`A rota for kitchen ${at}`);
  const first = await guest.list('?limit=3');
  await guest.start('A rota for the garden');
  const second = await guest.list(`?limit=3&cursor=${first.next_cursor}`);
  const names = [...first.items, ...second.items].map(({ directive }) => directive);
  expect(names).toEqual([5, 4, 3, 2, 1, 0].map((at) => `A rota for kitchen ${at}`));
  expect(second.next_cursor).toBeNull();
});

test('no page holds more than a hundred', async () => {
  const guest = new Guest(server);
  const { project } = await guest.make('A ledger for market stalls');
  // Nobody may start so many at once.
  server.sql(`insert into projects (id, owner_id, directive, created_at, updated_at)
    select gen_random_uuid(), owner_id, 'A ledger for market stall ' || n, now(), now() from projects, generate_series(1, 100) n where id = '${project}'`);
  server.sql(`insert into generations (id, project_id, stages, status, created_at, finished_at)
    select gen_random_uuid(), id, '{product}', 'done', now(), now() from projects where latest_generation is null`);
  const page = await guest.list('?limit=1000');
  expect(page.items).toHaveLength(100);
  expect((await guest.list(`?limit=1000&cursor=${page.next_cursor}`)).items).toHaveLength(1);
});

test('without a session the list is empty, and a page size of nothing is the usual one', async () => {
  expect(await new Guest(server).list()).toEqual({ items: [], next_cursor: null });
  expect((await owner.list('?limit=0')).items).toHaveLength(20);
  expect((await owner.list('?limit=&cursor=')).items).toHaveLength(20);
});

test('a cursor that nobody handed out is refused, as a page and as a problem', async () => {
  for (const cursor of ['x', 'AAAA', '%25%25%25', 'A'.repeat(500), '%F0%9F%90%9D']) {
    for (const guest of [owner, new Guest(server)]) {
      const answer = await guest.ask(`/api/projects?cursor=${cursor}`);
      expect(answer.status, cursor).toBe(400);
      expect(mediaType(answer)).toBe('application/problem+json');
      expect(JSON.parse(answer.text)).toMatchObject({ status: 400, type: '/problems/bad-cursor' });
      const page = await guest.page(`/projects?cursor=${cursor}`);
      expect(page.status, cursor).toBe(400);
      expect(mediaType(page)).toBe('text/html');
      expect(page.text).toMatch(/<h1[^>]*>The cursor is not valid/);
    }
  }
  for (const limit of ['-1', 'many', '1.5']) {
    expect((await owner.ask(`/api/projects?limit=${limit}`)).status, limit).toBe(400);
  }
});

test('a forged cursor that has the right shape does no harm', async () => {
  const times = [
    0n,
    1n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    253_402_300_799_999_999n,
    -377_705_116_800_000_000n,
    -230_000_000_000_000_000n,
  ];
  for (const time of times) {
    const bytes = Buffer.alloc(24);
    bytes.writeBigInt64BE(time);
    const cursor = bytes.toString('base64url');
    expect([200, 400], `${time}`).toContain((await owner.ask(`/api/projects?cursor=${cursor}`)).status);
    expect([200, 400], `${time}`).toContain((await owner.page(`/projects?cursor=${cursor}`)).status);
  }
});

async function allPages(guest: Guest, limit: number): Promise<ProjectPage[]> {
  const pages: ProjectPage[] = [];
  let cursor: string | null = '';
  while (cursor !== null && pages.length <= MANY) {
    const page: ProjectPage = await guest.list(`?limit=${limit}&cursor=${cursor}`);
    pages.push(page);
    cursor = page.next_cursor;
  }
  return pages;
}

/** The sizes of all pages: full ones, then the rest. */
function sizes(rows: number, limit: number): number[] {
  const full = Array.from({ length: Math.floor(rows / limit) }, () => limit);
  return rows % limit === 0 ? full : [...full, rows % limit];
}
