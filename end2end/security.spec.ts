// What browsers are told with every answer, and what no page contains.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest, type Started } from './support/guest';
import type { Answer } from './support/http';
import { useServer } from './support/server';
import { expectState, startProject, submit } from './support/studio';

const server = useServer();
const paced = useServer({ paceMs: 15 });

let guest: Guest;
let made: Started;

test.beforeAll(async () => {
  guest = new Guest(server);
  made = await guest.make(SYNTHESIZERS);
});

test('pages, API answers, files and refusals all carry the security headers', async () => {
  const css = /href="(\/pkg\/[^"]+\.css)"/.exec((await guest.page('/')).text)?.[1] ?? 'the page names no style sheet';
  const paths = [
    '/',
    '/projects',
    `/projects/${made.project}`,
    `/projects/${made.project}/edit`,
    '/nowhere',
    '/projects?cursor=x',
    '/api/projects',
    '/api/nowhere',
    '/api/health',
    '/api/ready',
    `/api/generations/${made.generation}/events`,
    css,
    '/islands.js',
    '/icon.svg',
    '/robots.txt',
    '/fonts/inter.woff2',
  ];
  for (const path of paths) expectGuarded(await guest.page(path), path);
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
  const posts: readonly [number, Record<string, string>, string][] = [
    [303, form, 'directive=A+shelf'],
    [422, form, 'directive='],
    [403, { ...form, 'sec-fetch-site': 'cross-site' }, 'directive=A+shelf'],
    [415, { 'content-type': 'text/plain' }, 'directive=A+shelf'],
  ];
  for (const [status, headers, body] of posts) {
    const answer = await guest.ask('/fn/start_generation', { method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    expectGuarded(answer, `POST answered ${status}`);
  }
});

test('behind HTTPS the cookie is Secure and the browser is told to stay with HTTPS', async () => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-proto': 'https' };
  const answer = await new Guest(server).ask('/api/projects', {
    method: 'POST',
    headers,
    body: '{"directive":"A shelf"}',
  });
  expect(answer.headers['strict-transport-security']).toMatch(/max-age=\d{8,}/);
  expect(answer.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
});

test('no page holds an inline script, an inline event handler or a style that the policy does not name', async () => {
  const running = new Guest(paced);
  const started = await running.start(SYNTHESIZERS);
  const pages: readonly [Guest, string][] = [
    [guest, '/'],
    [guest, '/projects'],
    [guest, `/projects/${made.project}`],
    [guest, `/projects/${made.project}/edit`],
    [guest, '/nowhere'],
    [guest, '/fn/nowhere'],
    [running, `/projects/${started.project}/edit`],
    [running, `/projects/${started.project}`],
  ];
  for (const [visitor, path] of pages) {
    const { text } = await visitor.page(path);
    expect(text.match(/<script(?![^>]*\ssrc=)[^>]*>/g) ?? [], path).toEqual([]);
    expect(text.match(/<script[^>]*>[^<]+/g) ?? [], path).toEqual([]);
    expect(text.match(/<[a-z][^>]*\son[a-z]+\s*=/g) ?? [], path).toEqual([]);
    expect(text.match(/<[a-z][^>]*\sstyle\s*=|javascript:/g) ?? [], path).toEqual([]);
    // The landing page has one, which the policy names by its content.
    expect(text.match(/<style\b/g) ?? [], path).toHaveLength(path === '/' ? 1 : 0);
    expect(text.match(/\s(?:src|href|action)="(?:https?:)?\/\/[^"]*/g) ?? [], `${path} refers elsewhere`).toEqual([]);
  }
});

test.describe('with a service worker', () => {
  test.use({ serviceWorkers: 'allow' });

  test('nothing is blocked, broken or complained about in the browser on the way through the main job', async ({
    page,
  }) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on('requestfailed', (request) => {
      // A reader that leaves ends its own stream, and what was fetched ahead for the next page.
      if (!request.url().includes('/fn/follow_generation') && !/\/pkg\/atlas9\.[\w-]+\.css$/.test(request.url()))
        complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    });
    const project = await startProject(page, paced, SYNTHESIZERS);
    await expectState(page, 'done');
    for (const path of [`/projects/${project}/edit`, `/projects/${project}`, '/projects', '/']) {
      await page.goto(paced.url(path), { waitUntil: 'networkidle' });
    }
    expect(complaints).toEqual([]);
  });
});

test('after an error the page keeps the same protections', async ({ page }) => {
  await submit(page, server, '   ');
  await expect(page.getByRole('alert')).toBeVisible();
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.documentElement.dataset.ran = "yes"';
    document.body.append(script);
    return document.documentElement.dataset['ran'] ?? 'no';
  });
  expect(ran, 'an inline script that somebody smuggles in does not run').toBe('no');
});

test('files outside the site cannot be reached', async () => {
  const paths = [
    '/../Cargo.toml',
    '/..%2fCargo.toml',
    '/pkg/..%2f..%2f..%2fCargo.toml',
    '/pkg/%2e%2e/%2e%2e/Cargo.toml',
    '/%2e%2e/hash.txt',
    '//etc/passwd',
    '/fonts/',
  ];
  for (const path of paths) {
    const answer = await guest.page(path);
    expect(answer.status, path).toBeGreaterThanOrEqual(400);
    expect(answer.status, path).toBeLessThan(500);
    expect(answer.text, path).not.toMatch(/\[workspace\]|root:x:/);
  }
});

test('what is for developing is off, and no other site reads an answer', async () => {
  expect((await guest.page('/styleguide')).status).toBe(404);
  for (const method of ['TRACE', 'TRACK']) expect((await guest.ask('/', { method })).status, method).toBe(405);
  const elsewhere = { origin: 'https://elsewhere.example', 'access-control-request-method': 'GET' };
  for (const [method, path] of [
    ['GET', '/api/projects'],
    ['GET', '/api/explore'],
    ['OPTIONS', '/api/projects'],
    ['GET', '/'],
  ] as const) {
    const { headers } = await guest.ask(path, { method, headers: elsewhere });
    const open = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
    expect(open, `${method} ${path}`).toEqual([]);
  }
});

test('a parameter counts where it belongs and nowhere else', async () => {
  const body = JSON.stringify({ title: 'From the body' });
  const path = `/api/projects/${made.project}?title=From+the+address&id=${made.generation}`;
  const headers = { 'content-type': 'application/json' };
  expect((await guest.ask(path, { method: 'PATCH', headers, body })).status).toBe(200);
  const project = await guest.json<{ id: string; title: string }>(`/api/projects/${made.project}`);
  expect([project.id, project.title]).toEqual([made.project, 'From the body']);
});

test('private answers are kept by nobody else, files with a hash for a year', async () => {
  for (const path of [
    '/projects',
    `/projects/${made.project}`,
    '/api/projects',
    `/api/projects/${made.project}`,
    '/nowhere',
    '/api/nowhere',
  ]) {
    expect((await guest.page(path)).headers['cache-control'], path).toMatch(/private|no-store/);
  }
  const html = (await guest.page('/')).text;
  const hashed = [...html.matchAll(/(?:href|src)="(\/pkg\/[^"]+)"/g)].map((match) => match[1] ?? '');
  expect(hashed.length).toBeGreaterThan(0);
  for (const path of hashed) {
    expect((await guest.ask(path)).headers['cache-control'], path).toBe('public, max-age=31536000, immutable');
  }
  const others = await new Guest(server).page('/');
  expect(others.text, 'the landing page is the same for everyone').toBe(html);
});

function expectGuarded(answer: Answer, what: string): void {
  const policy = new Map(
    String(answer.headers['content-security-policy'] ?? '')
      .split(';')
      .map((directive) => {
        const [name = '', ...values] = directive.trim().split(/\s+/);
        return [name, values.join(' ')] as const;
      }),
  );
  expect(policy.get('default-src'), what).toBe("'none'");
  expect(policy.get('script-src'), what).toBe("'self' 'wasm-unsafe-eval'");
  // The landing page holds a style sheet in itself, which is named by its content.
  expect(policy.get('style-src'), what).toMatch(what === '/' ? /^'self' 'sha256-[\w+/]{43}='$/ : /^'self'$/);
  expect(policy.get('form-action'), what).toBe("'self'");
  expect(policy.get('frame-ancestors'), what).toBe("'none'");
  expect(policy.get('base-uri'), what).toBe("'none'");
  expect([...policy.values()].join(' '), what).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
  expect(answer.headers['x-content-type-options'], what).toBe('nosniff');
  expect(answer.headers['referrer-policy'], what).toMatch(
    /^(same-origin|strict-origin-when-cross-origin|no-referrer)$/,
  );
  expect(answer.headers['cross-origin-opener-policy'], what).toBe('same-origin');
  expect(answer.headers['permissions-policy'], what).toBeTruthy();
}
