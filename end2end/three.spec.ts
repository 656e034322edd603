// Three instances behind nginx, killed one after another while they are used: nobody notices.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Balancer } from './support/balancer';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { Server } from './support/server';
import { tell } from './support/studio';

const READERS = 8;
/** A hundred changes at once and one every two seconds are what a person may make; however slow the machine is, this stays below. */
const BETWEEN_CHANGES_MS = 700;
const first = new Server({ paceMs: 60, leaseSeconds: 3 });
const servers = [first, new Server({ paceMs: 60, leaseSeconds: 3, besides: first }), new Server({ paceMs: 60, leaseSeconds: 3, besides: first })];
const balancer = new Balancer(servers);

test.beforeAll(async () => {
  test.setTimeout(60_000);
  for (const server of servers) await server.start();
  await balancer.start();
});

test.afterAll(async () => {
  await balancer.end();
  for (const server of servers.toReversed()) await server.end();
});

/** Reads the events of a generation as a browser does: from where it was, as often as it is cut off. */
async function follow(guest: Guest, generation: string): Promise<{ ids: number[]; connections: number }> {
  const ids: number[] = [];
  let connections = 0;
  for (const deadline = Date.now() + 80_000; Date.now() < deadline; await pause(100)) {
    connections += 1;
    const headers = { ...guest.headers(), ...(ids.length ? { 'last-event-id': String(ids.at(-1)) } : {}) };
    try {
      const answer = await fetch(balancer.url(`/api/generations/${generation}/events`), { headers, signal: AbortSignal.timeout(80_000) });
      // How a reader is told that there is no more.
      if (answer.status === 204) return { ids, connections };
      let rest = '';
      for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
        const frames = (rest + part).split('\n\n');
        rest = frames.pop() ?? '';
        ids.push(...frames.flatMap((frame) => /^id: (\d+)$/m.exec(frame)?.[1] ?? []).map(Number));
        if (frames.some((frame) => /^event: (done|failed|cancelled)$/m.test(frame))) return { ids, connections };
      }
    } catch {
      // Cut off: it comes back.
    }
  }
  throw new Error('the generation did not end in time');
}

test('instances are killed one after another under load: no failed request, no lost event, no lost session', async ({}, { annotations }) => {
  test.setTimeout(120_000);
  const guest = new Guest(balancer);
  const { project, generation } = await guest.start(SYNTHESIZERS);
  const failures: string[] = [];
  let answered = 0;
  let over = false;
  const ask = async (path: string, how: RequestInit, isRight: (text: string) => boolean) => {
    try {
      const headers = { ...guest.headers(), ...(how.headers as Record<string, string>) };
      const answer = await fetch(balancer.url(path), { ...how, headers, redirect: 'manual', signal: AbortSignal.timeout(15_000) });
      const text = await answer.text();
      if (answer.status !== 200 || !isRight(text)) failures.push(`${how.method ?? 'GET'} ${path}: ${answer.status} ${text.slice(0, 80)}`);
      answered += 1;
    } catch (error) {
      failures.push(`${how.method ?? 'GET'} ${path}: ${String(error)}`);
    }
  };
  const reader = async (number: number) => {
    for (let turn = number; !over; turn += 1) {
      const path = ['/projects', '/api/projects', `/api/projects/${project}`, '/'][turn % 4]!;
      // Whoever had lost their session would find an empty list, or nothing at all.
      await ask(path, { headers: { accept: path.startsWith('/api') ? '*/*' : 'text/html' } }, (text) => path === '/' || text.includes(project));
    }
  };
  let title = '';
  const writer = async () => {
    for (let turn = 1; !over; turn += 1) {
      title = `Turn ${turn}`;
      const body = JSON.stringify({ title });
      await ask(`/api/projects/${project}`, { method: 'PATCH', body, headers: { 'content-type': 'application/json' } }, () => true);
      await pause(BETWEEN_CHANGES_MS);
    }
  };
  const followed = follow(guest, generation);
  const load = [...Array.from({ length: READERS }, (_, number) => reader(number)), writer()];
  await pause(1_500);
  for (const [place, server] of servers.entries()) {
    // One is told to end, as for a new release; the others fall over.
    if (place === 1) await server.stop();
    else await server.kill();
    await pause(2_500);
    await server.restart();
    await pause(1_500);
  }
  over = true;
  await Promise.all(load);
  const { ids, connections } = await followed;

  tell(annotations, 'requests', `${answered}, and ${connections} connections of whoever followed`);
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(300);
  expect(ids, 'every event once, in order').toEqual(ids.map((_, place) => place + 1));
  expect(await guest.json(`/api/projects/${project}`)).toMatchObject({ status: 'done', title });
});
