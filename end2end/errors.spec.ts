// What is not there, not yours, or asked for wrongly is said plainly: a page for people, problem details for programs.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest, type Started } from './support/guest';
import { mediaType, type Answer, type Ask } from './support/http';
import { useServer } from './support/server';

const server = useServer();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };
const NOBODY = '01890a5d-ac96-774b-bcce-b302099a8057';
const MALFORMED = [
  '1',
  'x'.repeat(300),
  NOBODY.replaceAll('-', ''),
  `${NOBODY}0`,
  '%00',
  '..%2f..',
  '%F0%9F%90%9D',
  '%27%20or%201%3D1--',
];

let owner: Guest;
let theirs: Started;

test.beforeAll(async () => {
  owner = new Guest(server);
  theirs = await owner.make(SYNTHESIZERS);
});

test('an address where nothing is shows the page that says so, with status 404', async ({ page }) => {
  for (const path of ['/nowhere', '/projects/x/y', '/pkg/nothing.css', '/fonts/none.woff2', '/.env', '/fn/nothing']) {
    const response = await page.goto(server.url(path));
    expect(response?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 }), path).toHaveText('Not found');
    await expect(page.getByRole('main').getByRole('link', { name: 'your projects' }), path).toBeVisible();
    await expect(page, path).toHaveTitle('Not found · Atlas9');
  }
});

test('unknown and malformed ids are not found, on pages and in the API', async () => {
  for (const id of [NOBODY, ...MALFORMED]) {
    for (const path of [`/projects/${id}`, `/projects/${id}/edit`]) {
      const page = await owner.page(path);
      expect(page.status, path).toBe(404);
      expect(page.text, path).toMatch(/<h1[^>]*>Not found/);
    }
    for (const path of [`/api/projects/${id}`, `/api/generations/${id}`, `/api/generations/${id}/events`]) {
      expectProblem(await owner.ask(path), 404, path);
    }
    for (const path of [`/api/generations/${id}/cancellation`, `/api/projects/${id}/generations`]) {
      expectProblem(await owner.post(path), 404, path);
    }
  }
});

test("another guest's project is not found, in every way of asking", async ({ page, context }) => {
  const stranger = new Guest(server);
  await stranger.make('A map of wells');
  await stranger.enter(context);
  const { project, generation } = theirs;
  for (const path of [`/projects/${project}`, `/projects/${project}/edit`]) {
    expect((await page.goto(server.url(path)))?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    expect(await page.content(), path).not.toContain('synthesizer');
  }
  for (const visitor of [stranger, new Guest(server)]) {
    expectProblem(await visitor.ask(`/api/projects/${project}`), 404);
    expectProblem(await visitor.ask(`/api/generations/${generation}`), 404);
    expectProblem(await visitor.ask(`/api/generations/${generation}/events`), 404);
    expectProblem(await visitor.ask(`/fn/follow_generation?generation=${generation}&after=0`), 404);
    expectProblem(await visitor.cancel(generation), 404);
    expectProblem(await visitor.post(`/api/projects/${project}/generations`), 404);
    expectProblem(await form(visitor, '/fn/cancel_generation', `generation=${generation}`), 404);
    expectProblem(await form(visitor, '/fn/regenerate', `project=${project}&note=`), 404);
    expect((await visitor.list()).items.map(({ id }) => id)).not.toContain(project);
  }
  expect(await owner.generationOf(project), 'nothing of it changed').toBe(generation);
});

test('a forged or foreign session is the same as none', async () => {
  for (const cookie of [
    'atlas9_session=forged',
    `atlas9_session=${'A'.repeat(107)}`,
    'atlas9_session=',
    'atlas9_session=%00',
  ]) {
    const answer = await new Guest(server).ask('/api/projects', { headers: { cookie } });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { items: [], next_cursor: null }]);
  }
});

test('bodies that are too large are refused with 413', async () => {
  const large = 'a'.repeat(65 * 1_024);
  expectProblem(await owner.post('/api/projects', { directive: large }), 413);
  expectProblem(await form(owner, '/fn/start_generation', `directive=${large}`), 413);
  const page = await form(owner, '/fn/start_generation', `directive=${large}`, { accept: 'text/html' });
  expect([page.status, mediaType(page)]).toEqual([413, 'text/html']);
  expect(page.text).toMatch(/<h1[^>]*>The body is too large/);
});

test('content types that are not taken are refused with 415, and what cannot be read with 400', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', '']) {
    const headers: Record<string, string> = type ? { 'content-type': type } : {};
    expectProblem(
      await owner.ask('/api/projects', { method: 'POST', headers, body: '{"directive":"A shop"}' }),
      415,
      type,
    );
  }
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', '']) {
    const headers: Record<string, string> = type ? { 'content-type': type } : {};
    expectProblem(
      await owner.ask('/fn/start_generation', { method: 'POST', headers, body: 'directive=A+shop' }),
      415,
      type,
    );
  }
  for (const body of [
    '',
    '{',
    '[]',
    '{}',
    '{"directive":7}',
    '{"directive":"A shop","more":1}',
    '\u0000',
    '"A shop"',
  ]) {
    expectProblem(await owner.ask('/api/projects', { method: 'POST', headers: JSON_TYPE, body }), 400, body);
  }
  expectProblem(await form(owner, '/fn/cancel_generation', 'nothing=here'), 400);
});

test('forms and calls that come from another site are refused with 403 and change nothing', async () => {
  const before = (await owner.list()).items.length;
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://elsewhere.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign as Record<string, string>[]) {
    expectProblem(await form(owner, '/fn/start_generation', 'directive=A+trap', headers), 403, JSON.stringify(headers));
    const call: Ask = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: '{"directive":"A trap"}' };
    expectProblem(await owner.ask('/api/projects', call), 403, JSON.stringify(headers));
    const stop: Ask = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: '{}' };
    expectProblem(await owner.ask(`/api/generations/${theirs.generation}/cancellation`, stop), 403);
  }
  expect((await owner.list()).items).toHaveLength(before);
  const link = await owner.ask('/', { headers: { 'sec-fetch-site': 'cross-site', accept: 'text/html' } });
  expect(link.status, 'a link from another site still works').toBe(200);
});

test('a place in the log that cannot be one is refused with 400', async () => {
  for (const at of ['abc', '-1', '1.5', '99999999999999999999', ' ', '0x1']) {
    const headers = { 'last-event-id': at };
    if (at.trim()) expectProblem(await owner.ask(`/api/generations/${theirs.generation}/events`, { headers }), 400, at);
    const query = `after=${encodeURIComponent(at)}`;
    expectProblem(await owner.ask(`/api/generations/${theirs.generation}/events?${query}`), 400, query);
    expectProblem(await owner.ask(`/fn/follow_generation?generation=${theirs.generation}&${query}`), 400, query);
  }
});

test('unknown API routes are 404 and wrong methods 405, both as problem details', async () => {
  for (const path of ['/api/nowhere', '/api/projects/x/y/z', '/api/', '/api']) {
    expectProblem(await owner.ask(path), 404, path);
    expectProblem(await owner.post(path), 404, path);
  }
  const wrong: readonly [string, string][] = [
    ['DELETE', '/api/projects'],
    ['PUT', `/api/projects/${theirs.project}`],
    ['POST', `/api/projects/${theirs.project}`],
    ['GET', `/api/generations/${theirs.generation}/cancellation`],
    ['POST', '/api/health'],
  ];
  for (const [method, path] of wrong) {
    const answer = await owner.ask(path, { method });
    expectProblem(answer, 405, `${method} ${path}`);
    expect(answer.headers['allow'], `${method} ${path}`).toMatch(/GET|POST/);
  }
});

test('a wish that cannot be met is said, not guessed', async () => {
  const path = `/api/projects/${theirs.project}/generations`;
  for (const body of [
    { stages: ['nonsense'] },
    { locks: ['features/x'] },
    { locks: ['product/../x'] },
    { provider: 'other' },
    { note: 'a'.repeat(4_001) },
  ]) {
    expectProblem(await owner.post(path, body), 422, JSON.stringify(body).slice(0, 60));
  }
});

function form(guest: Guest, path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return guest.ask(path, { method: 'POST', headers: { ...FORM, ...headers }, body });
}

/** RFC 9457, and a request id that the answer carries as a header too. */
function expectProblem(answer: Answer, status: number, what = ''): void {
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBe(status);
  expect(mediaType(answer), what).toBe('application/problem+json');
  const problem = JSON.parse(answer.text) as Record<string, unknown>;
  expect(Object.keys(problem).sort(), what).toEqual(['detail', 'request_id', 'status', 'title', 'type']);
  expect(problem['status'], what).toBe(status);
  expect(problem['type'], what).toMatch(/^\/problems\/[a-z-]+$/);
  expect(String(problem['detail']).length, what).toBeGreaterThan(10);
  expect(problem['request_id'], what).toBe(answer.headers['x-request-id']);
}
