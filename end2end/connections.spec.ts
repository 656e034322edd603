// Connections of whoever does not behave: slow, idle, too many, too much. And of those who do: kept, and HTTP/2 without TLS.
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Guest } from './support/guest';
import { request } from './support/http';
import { type Server, useServer } from './support/server';

const server = useServer();
const narrow = useServer({ variables: { ATLAS9_CONNECTIONS: '10' } });
const small = useServer({ variables: { ATLAS9_UNDER_WAY: '8' } });

const open = (to: Server): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(to.url());
    const socket = connect(Number(port), hostname, () => resolve(socket)).on('error', reject);
  });

/** What comes until the other side closes, and how many seconds that took. */
function untilClosed(socket: Socket): Promise<{ text: string; seconds: number }> {
  const began = performance.now();
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (part) => (text += String(part)));
    socket.on('close', () => resolve({ text, seconds: (performance.now() - began) / 1_000 }));
  });
}

/** Sends a text and reads what comes back until it ends like this. */
async function say(socket: Socket, text: string, end: string): Promise<string> {
  let answer = '';
  const hear = (part: Buffer) => (answer += String(part));
  socket.on('data', hear).write(text);
  await expect.poll(() => answer).toContain(end);
  socket.off('data', hear);
  return answer;
}

test('whoever says nothing, or their request letter by letter, is not waited for', async () => {
  test.setTimeout(60_000);
  const [silent, begun, slow] = [await open(server), await open(server), await open(server)];
  begun.write('PRI * HT');
  slow.write('GET / HTTP/1.1\r\nhost: x\r\n');
  const drip = setInterval(() => slow.write('x'), 1_000);
  const ended = await Promise.all([silent, begun, slow].map(untilClosed));
  clearInterval(drip);
  expect(ended[0]!.seconds).toBeLessThan(20);
  expect(ended[1]!.seconds).toBeLessThan(20);
  expect(ended[2]!.seconds, 'a letter a second keeps nobody busy').toBeLessThan(50);
});

test('a head that is too large is refused, and the next request on a sound connection is answered', async () => {
  const large = await open(server);
  large.write(`GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(40_000)}\r\n\r\n`);
  expect((await untilClosed(large)).text).toMatch(/^HTTP\/1\.1 431 /);
  const kept = await open(server);
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await say(kept, 'GET /api/ready HTTP/1.1\r\nhost: x\r\n\r\n', '"ready"}')).toMatch(/^HTTP\/1\.1 200 OK/);
  }
  kept.destroy();
});

test('HTTP/2 is spoken without TLS by whoever knows that it is', async () => {
  const session = connectHttp2(server.url());
  const asked = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const stream = session.request({ ':path': path });
      let status: number | undefined;
      stream.on('response', (headers) => (status = headers[':status']));
      stream.on('error', reject).on('end', () => resolve(status)).resume();
    });
  expect(await Promise.all(['/', '/api/ready', '/explore', '/nothing'].map(asked))).toEqual([200, 200, 200, 404]);
  session.close();
});

test('when all places are taken the next is told so at once, and let in when one is free', async () => {
  const taken = await Promise.all(Array.from({ length: 10 }, () => open(narrow)));
  await pause(200);
  const refused = await untilClosed(await open(narrow));
  expect(refused.text).toMatch(/^HTTP\/1\.1 503 /);
  expect(refused.text).toContain('retry-after: 1');
  expect(refused.seconds).toBeLessThan(5);
  taken.forEach((socket) => socket.destroy());
  const ready = () => request(narrow.url('/api/ready')).catch(() => undefined);
  await expect.poll(async () => (await ready())?.status).toBe(200);
});

test('more requests than can be answered are refused at once with when to come back, and none is answered wrongly', async () => {
  const guest = new Guest(small);
  await guest.make('A bakery that delivers by bicycle');
  const ask = () => guest.page('/projects');
  const answers = await Promise.all(Array.from({ length: 150 }, ask));
  const refused = answers.filter(({ status }) => status === 503);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  for (const { headers, text } of refused) {
    expect(headers['retry-after']).toBe('1');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).toContain('Too many at once');
  }
  for (const { status, text } of answers) if (status === 200) expect(text).toContain('A bakery');
  // Whoever looks after it is always told how it is.
  const [, health] = await Promise.all([Promise.all(Array.from({ length: 100 }, ask)), request(small.url('/api/health'))]);
  expect(health.status).toBe(200);
  expect((await ask()).status, 'and all is well at once').toBe(200);
});

test('whoever sends what they ask with slowly keeps nobody out, and is not waited for', async () => {
  test.setTimeout(60_000);
  const slow = await Promise.all(Array.from({ length: 20 }, () => open(small)));
  const head = 'POST /api/projects HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n{"directive":';
  slow.forEach((socket) => socket.write(head));
  const ended = Promise.all(slow.map(untilClosed));
  await pause(500);
  for (let turn = 0; turn < 5; turn += 1) expect((await request(small.url('/explore'))).status).toBe(200);
  for (const { text, seconds } of await ended) {
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(seconds).toBeLessThan(25);
  }
  expect((await request(small.url('/projects'))).status).toBe(200);
});
