// Rooms over socket.io, with its official client: who may come in, what they are told, and that nothing is missed whatever breaks.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { io } from 'socket.io-client';
import { Guest } from './support/guest';
import { Talker, inRoom, letIn, roomOf, type Standing } from './support/room';
import { Server } from './support/server';
import { quickest } from './support/studio';

let server: Server;
let other: Server;
let owner: Guest;
let project: string;
let room: Standing;

test.beforeAll(async () => {
  server = new Server({});
  await server.start();
  other = new Server({ besides: server });
  await other.start();
  owner = new Guest(server);
  project = (await owner.make('A register of village bridges')).project;
  room = await roomOf(owner, project);
});

test.afterAll(async () => {
  await other.end();
  await server.end();
});

async function member(role?: string): Promise<Guest> {
  const guest = new Guest(server);
  await guest.start('Somewhere to come from');
  await letIn(owner, room.room, guest, role);
  return guest;
}

/** Somebody's connection, whether or not they are let into the room. */
async function connected(talker: Talker): Promise<Talker> {
  await expect.poll(() => talker.socket.connected).toBe(true);
  await pause(200);
  return talker;
}

/** What keeps somebody out. */
async function refusal(options: Record<string, unknown>): Promise<string> {
  const socket = io(server.url('/rooms'), { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
  const words = await new Promise<string>((resolve) => {
    socket.on('connect', () => resolve('let in'));
    socket.on('connect_error', (error) => resolve(error.message));
  });
  socket.disconnect();
  return words;
}

test('two people on two instances see the same in the same order, by WebSocket and by polling', async () => {
  const guest = await member();
  const one = await inRoom(Talker.of(server, owner, room.room));
  const two = await inRoom(Talker.of(other, guest, room.room, { transports: ['polling'] }));
  for (let n = 0; n < 5; n += 1) await Promise.all([one.say(`one ${n}`), two.say(`two **${n}** <b>`)]);
  await expect.poll(() => [one.entries.length, two.entries.length]).toEqual([10, 10]);
  expect(one.entries).toEqual(two.entries);
  expect(one.entries.map(({ data }) => data.html).filter((html) => html?.includes('two'))[0]).toContain('<strong>0</strong> &lt;b&gt;');
  await one.ask('typing', { room: room.room });
  await expect.poll(() => two.told.some(({ event }) => event === 'typing')).toBe(true);
  one.end();
  await expect
    .poll(() => two.told.some(({ event, data }) => event === 'presence' && !(data as { is_here: boolean }).is_here))
    .toBe(true);
  two.end();
});

test('a server that is killed in mid-conversation loses nothing and says nothing twice', async () => {
  const guest = await member();
  const one = await inRoom(Talker.of(server, owner, room.room));
  const two = await inRoom(Talker.of(other, guest, room.room));
  const talk = (async () => {
    for (let n = 0; n < 24; n += 1) {
      await one.say(`through it all ${n}`, `killed-${n}`);
      await pause(60);
    }
  })();
  await pause(500);
  await server.kill();
  await pause(300);
  await server.restart();
  await talk;
  const said = (talker: Talker) => talker.entries.map(({ data }) => data.client_id).filter((id) => id?.startsWith('killed-'));
  const all = Array.from({ length: 24 }, (_, n) => `killed-${n}`);
  await expect.poll(() => said(two)).toEqual(all);
  await expect.poll(() => said(one)).toEqual(all);
  expect([one.reloads, two.reloads]).toEqual([0, 0]);
  one.end();
  two.end();
});

test('whoever is not signed in, or comes from a page of another site, is kept out', async () => {
  expect(await refusal({})).toContain('not-signed-in');
  expect(await refusal({ auth: { token: 'nonsense' } })).toContain('not-signed-in');
  const headers = owner.headers();
  expect(await refusal({ extraHeaders: { ...headers, origin: 'https://evil.example' } })).toContain('wrong-origin');
  expect(await refusal({ extraHeaders: { ...headers, origin: new URL(server.url()).origin } })).toBe('let in');
});

test('a room that is not theirs is not there, and watching is not talking', async () => {
  const [stranger, viewer] = [new Guest(server), await member('viewer')];
  await stranger.start('A project of their own');
  const outside = await connected(Talker.of(server, stranger, room.room));
  for (const event of ['enter', 'say', 'react', 'pin', 'delete', 'typing'])
    expect(
      await outside.ask(event, { room: room.room, client_id: 'a', body: 'Let me in', id: crypto.randomUUID(), emoji: '👍', on: true }),
      event,
    ).toMatchObject({ error: { code: 'not-found' } });
  expect(await outside.ask('enter', { room: 'no id' })).toMatchObject({ error: { code: 'bad-request' } });
  expect(await outside.ask('dance', {})).toMatchObject({ error: { code: 'bad-request', message: 'There is no such event.' } });
  const watching = await connected(Talker.of(server, viewer, room.room));
  expect(await watching.say('May I?')).toMatchObject({ error: { code: 'forbidden' } });
  expect(outside.entries).toEqual([]);
  outside.end();
  watching.end();
});

test('a member who is taken out, and one who is signed out, is cut off within a second', async () => {
  test.setTimeout(60_000);
  const takeOut = async (id: string) =>
    expect((await owner.ask(`/api/rooms/${room.room}/members/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await quickest(1_000, () => untilOut('taken-out', takeOut))).toBeLessThan(1_000);
  // Nobody tells of what is done by hand: it is looked for once a second.
  const signOut = (id: string) => server.sql(`delete from sessions where user_id = '${id}'`);
  expect(await quickest(2_000, () => untilOut('signed-out', signOut))).toBeLessThan(2_000);
});

/** How many milliseconds it takes until a new member hears that they are out. */
async function untilOut(reason: string, put: (id: string) => unknown): Promise<number> {
  const guest = await member();
  const talker = await inRoom(Talker.of(other, guest, room.room));
  const { items } = await owner.json<{ items: { id: string; role: string }[] }>(`/api/rooms/${room.room}/members`);
  const id = await idOf(guest, items.map((item) => item.id));
  const began = performance.now();
  await put(id);
  await expect.poll(() => talker.told.find(({ event }) => event === 'out')?.data, { intervals: [20] }).toEqual({ reason });
  talker.end();
  return performance.now() - began;
}

/** Which of the members somebody is: whoever's own messages can be changed by them. */
async function idOf(guest: Guest, among: readonly string[]): Promise<string> {
  const session = guest.headers()['cookie'] ?? '';
  const talker = Talker.of(server, guest, room.room, { extraHeaders: { cookie: session } });
  await connected(talker);
  const said = await talker.say('Who am I?');
  talker.end();
  if (!('ok' in said)) throw new Error('Nothing was said.');
  const id = server.sql(`select author_id from messages where id = '${said.ok.id}'`);
  expect(among).toContain(id);
  return id;
}

test('floods, packets that are too large, and packets that mean nothing harm nobody else', async () => {
  const guest = await member();
  const flood = await connected(Talker.of(server, guest, room.room));
  const calm = await connected(Talker.of(server, owner, room.room));
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => flood.ask('read', { room: room.room, offset: 1 }).catch(() => undefined)),
  );
  expect(answers.filter((answer) => answer && 'error' in answer && answer.error.code === 'too-many').length).toBeGreaterThan(10);
  const large = await connected(Talker.of(server, guest, room.room, { reconnection: false }));
  large.socket.emit('say', { room: room.room, client_id: 'large', body: 'x'.repeat(100_000) });
  await expect.poll(() => large.socket.connected).toBe(false);
  const binary = await connected(Talker.of(server, guest, room.room, { reconnection: false }));
  binary.socket.emit('say', { room: room.room, client_id: 'b', body: Buffer.alloc(10) });
  await pause(300);
  expect(await calm.say('All is well')).toMatchObject({ ok: {} });
  [flood, calm, large, binary].forEach((talker) => talker.end());
});

test('people talk in the browser, and see each other do so', async ({ browser }) => {
  const guest = await member();
  const [mine, theirs] = [await browser.newContext(), await browser.newContext()];
  await owner.enter(mine);
  await guest.enter(theirs);
  const [one, two] = [await mine.newPage(), await theirs.newPage()];
  await one.goto(server.url(`/projects/${project}/room`));
  await two.goto(server.url(`/projects/${project}/room`));
  await expect(one.locator('[data-live]').first()).toBeAttached();
  await expect(two.locator('[data-room][data-live]')).toBeAttached();
  await expect(one.locator('[data-room][data-live]')).toBeAttached();
  // It is told every two seconds, and seen for three.
  await expect(async () => {
    await one.getByLabel('Say something').fill('Do you see *this*?');
    await expect(two.getByText('is typing …')).toBeVisible({ timeout: 2_500 });
  }).toPass();
  await one.keyboard.press('Enter');
  const heard = two.locator('.message', { hasText: 'Do you see this?' });
  await expect(heard.locator('em')).toHaveText('this');
  await expect(one.locator('.message', { hasText: 'Do you see this?' })).toHaveCount(1);
  await heard.locator('summary', { hasText: '☺' }).click();
  await heard.getByRole('button', { name: '🎉' }).click();
  await expect(one.locator('.message', { hasText: 'Do you see this?' }).getByRole('button', { name: /🎉 1/ })).toBeVisible();
  await two.getByLabel('Say something').fill('<img src=x onerror=alert(1)> I do');
  await two.getByRole('button', { name: 'Send' }).click();
  await expect(one.locator('.message', { hasText: '<img src=x onerror=alert(1)> I do' })).toBeVisible();
  await mine.close();
  await theirs.close();
});

test('without script people talk by forms, and a form that is sent twice says it once', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  await owner.enter(context);
  const page = await context.newPage();
  await page.goto(server.url(`/projects/${project}/room`));
  await page.getByLabel('Say something').fill('By *form*');
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByRole('button', { name: 'Send' }).click();
  const body = (await sent).postData() ?? '';
  await expect(page.locator('.message', { hasText: 'By form' })).toHaveCount(1);
  const again = await owner.ask('/fn/say', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    body,
  });
  expect(again.status).toBe(303);
  await page.reload();
  await expect(page.locator('.message', { hasText: 'By form' })).toHaveCount(1);
  await page.locator('.message', { hasText: 'By form' }).getByText('Reply').click();
  await page.getByLabel('Answer').fill('An answer');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('.message')).toHaveCount(2);
  await page.getByText('Back to the room').click();
  await expect(page.getByRole('link', { name: '1 reply' })).toBeVisible();
  await page.getByText('1 member').or(page.locator('summary', { hasText: 'member' })).first().click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = (await page.locator('code.wrap').textContent()) ?? '';
  const guest = await browser.newContext({ javaScriptEnabled: false });
  const theirs = await guest.newPage();
  await theirs.goto(server.url(new URL(link).pathname));
  await theirs.getByRole('button', { name: 'Come in' }).click();
  await expect(theirs.getByText('You are in.')).toBeVisible();
  await theirs.goto(server.url(`/projects/${project}`));
  await expect(theirs.getByRole('link', { name: 'Room', exact: true })).toBeVisible();
  await expect(theirs.getByText('Name, cover, sharing, archive')).toHaveCount(0);
  await context.close();
  await guest.close();
});
