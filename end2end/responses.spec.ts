// What answers say of themselves: how long they are good for, whether whoever asks has them, and what comes next.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';

const server = useServer();

const text = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  (await fetch(server.url(path), { headers })).text();

test('a file of another release is given out by this one', async () => {
  const name = /\/pkg\/(atlas9\.[\w-]+\.css)/.exec(await text('/explore'))?.[1] ?? '';
  await expect.poll(() => server.sql(`select count(*) from release_files where name = '${name}'`), 'it is kept').toBe('1');
  // As an instance of the other release keeps its own.
  server.sql(`insert into release_files (name, digest, seen_at)
    select 'atlas9.another.css', digest, now() from release_files where name = '${name}'`);
  const file = await fetch(server.url('/pkg/atlas9.another.css'));
  expect(file.status).toBe(200);
  expect(file.headers.get('content-type')).toMatch(/^text\/css/);
  expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(await file.text()).toBe(await text(`/pkg/${name}`));
  expect((await fetch(server.url('/pkg/atlas9.nobodys.css'))).status).toBe(404);
});

test('what a page needs at once is told in its head, and is there', async () => {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  for (const [path, least] of [['/explore', 2], [`/projects/${project}/edit`, 4]] as const) {
    const page = await text(path, guest.headers());
    const links = page.split('</head>')[0]!.match(/<link [^>]*rel="(?:module)?preload"[^>]*>/g)?.map((link) => /href="([^"]+)"/.exec(link)![1]!) ?? [];
    expect(links.length, path).toBeGreaterThanOrEqual(least);
    for (const href of links) expect((await fetch(server.url(href))).status, href).toBe(200);
  }
});

test('whoever has a page or a list already is sent nothing, however it was compressed', async () => {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  for (const path of ['/projects', `/projects/${project}/revisions`, '/api/projects', `/api/projects/${project}`, `/api/projects/${project}/export.md`]) {
    const tags = new Set<string>();
    for (const encoding of ['br', 'gzip', 'identity']) {
      const headers = { ...guest.headers(), 'accept-encoding': encoding };
      const first = await fetch(server.url(path), { headers });
      const tag = first.headers.get('etag') ?? '';
      expect(tag, `${path} as ${encoding}`).toMatch(/^"[\w-]+"$/);
      expect(tags.has(tag), `${path}: other bytes, another tag`).toBe(false);
      tags.add(tag);
      await first.arrayBuffer();
      const again = await fetch(server.url(path), { headers: { ...headers, 'if-none-match': tag } });
      expect(again.status, `${path} as ${encoding}`).toBe(304);
      expect(again.headers.get('etag')).toBe(tag);
    }
  }
  const tag = (await fetch(server.url('/api/projects'), { headers: guest.headers() })).headers.get('etag') ?? '';
  await guest.ask(`/api/projects/${project}`, { method: 'PATCH', body: '{"title":"Another"}', headers: { 'content-type': 'application/json' } });
  const changed = await fetch(server.url('/api/projects'), { headers: { ...guest.headers(), 'if-none-match': tag } });
  expect(changed.status, 'what has changed is sent').toBe(200);
});

test('what streams is not compressed', async () => {
  const guest = new Guest(server);
  const { generation } = await guest.make(SYNTHESIZERS);
  const headers = { ...guest.headers(), 'accept-encoding': 'br, gzip' };
  const events = await fetch(server.url(`/api/generations/${generation}/events`), { headers });
  expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(events.headers.get('content-encoding')).toBeNull();
  expect(events.headers.get('x-accel-buffering')).toBe('no');
  await events.body?.cancel();
});
