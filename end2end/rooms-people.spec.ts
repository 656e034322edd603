// People beside their projects: talking alone, showing pictures, who is here, and being told of what one was not there to see.
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { ROOT } from './support/database';
import { Guest } from './support/guest';
import { MailServer } from './support/mail';
import { sessionOf } from './support/members';
import { Talker, inRoom, letIn, roomOf, type Standing } from './support/room';
import { Server } from './support/server';

const PICTURE = join(ROOT, 'public', 'social.png');

const mail = new MailServer();
// Either may do the work of the other.
const work = { smtpUrl: () => mail.url, variables: { ATLAS9_NOTICES_AFTER_S: '3', ATLAS9_NOTICES_MAIL_EVERY_S: '2' } };
const server = new Server(work);
const other = new Server({ ...work, besides: server });
let owner: Guest;
let project: string;
let room: Standing;

test.beforeAll(async () => {
  await mail.start();
  await server.start();
  await other.start();
  owner = new Guest(server);
  project = (await owner.make('A register of village wells')).project;
  room = await roomOf(owner, project);
});

test.afterAll(async () => {
  await other.end();
  await server.end();
  await mail.end();
});

/** Somebody who is in the room, with what they are known by. */
async function member(name: string): Promise<{ guest: Guest; id: string }> {
  const guest = new Guest(server);
  const theirs = await guest.start('Somewhere to come from');
  await letIn(owner, room.room, guest);
  const id = server.sql(`update users set name = '${name}' where id = (select owner_id from projects where id = '${theirs.project}') returning id`);
  return { guest, id };
}

/** A page of the room, once its island is at work. */
async function roomPage(page: Page, path: string): Promise<void> {
  await page.goto(server.url(path));
  await expect(page.locator('.room[data-live]')).toBeVisible();
}

test('two who are in a room write to each other alone, and nobody else finds what they say', async ({ browser }) => {
  const [ada, third] = [await member('Ada'), await member('Third')];
  const context = await browser.newContext();
  await owner.enter(context);
  const page = await context.newPage();
  await page.goto(server.url('/rooms'));
  await page.getByRole('listitem').filter({ hasText: 'Ada' }).getByRole('button', { name: 'Write to Ada' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Ada' })).toBeVisible();
  await expect(page.locator('.room[data-live]')).toBeVisible();
  const direct = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const told = await inRoom(Talker.of(other, ada.guest, direct));
  await page.getByLabel('Say something').fill('Only the two of us');
  await page.getByLabel('Say something').press('Control+Enter');
  await expect.poll(() => told.entries.map(({ data }) => data.body)).toEqual(['Only the two of us']);
  await told.say('Nobody else');
  await expect(page.getByText('Nobody else')).toBeVisible();
  expect((await third.guest.page(`/rooms/${direct}`)).status).toBe(404);
  expect((await third.guest.ask(`/api/rooms/${direct}/messages`)).status).toBe(404);
  const stranger = new Guest(server);
  await stranger.start('A project of their own');
  expect((await stranger.ask(`/api/people/${ada.id}/room`, { method: 'PUT' })).status).toBe(404);
  told.end();
  await context.close();
});

test('a picture is shown in the room by a form without script, and comes up for whoever is there', async ({ browser }) => {
  test.setTimeout(60_000);
  const { guest } = await member('Painter');
  const watching = await browser.newContext();
  await owner.enter(watching);
  const page = await watching.newPage();
  await roomPage(page, `/projects/${project}/room`);
  const showing = await browser.newContext({ javaScriptEnabled: false });
  await guest.enter(showing);
  const form = await showing.newPage();
  await form.goto(server.url(`/projects/${project}/room`));
  await form.getByText('Show a picture').click();
  await form.getByLabel('Picture', { exact: true }).setInputFiles(PICTURE);
  await form.getByLabel('What it shows').fill('The well in winter');
  await form.getByRole('button', { name: 'Show it' }).click();
  await expect(form.getByText('The well in winter')).toBeVisible();
  const shown = page.getByRole('img', { name: 'The well in winter' });
  await expect(shown).toBeVisible({ timeout: 30_000 });
  expect(await shown.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(300);
  await form.reload();
  await expect(form.getByRole('img', { name: 'The well in winter' })).toBeVisible();
  const address = (await shown.getAttribute('src')) ?? '';
  expect((await new Guest(server).ask(address)).status).toBe(404);
  // What is no picture is refused before anything is said.
  await form.getByText('Show a picture').click();
  await form.getByLabel('Picture', { exact: true }).setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload="alert(1)"/>') });
  await form.getByLabel('What it shows').fill('Never said');
  await form.getByRole('button', { name: 'Show it' }).click();
  await expect(form.getByText('it is not a picture that can be read here')).toBeVisible();
  await form.goto(server.url(`/projects/${project}/room`));
  await expect(form.getByText('Never said')).toHaveCount(0);
  await watching.close();
  await showing.close();
});

test('whether somebody is here is told to those who know them, through several connections and instances, and to nobody else', async () => {
  const { guest, id } = await member('Grace');
  const stranger = new Guest(server);
  const theirs = await stranger.start('A project of their own');
  const known = await inRoom(Talker.of(other, owner, room.room));
  const moves: boolean[] = [];
  known.socket.on('contact', (told: { user: string; is_here: boolean }) => told.user === id && moves.push(told.is_here));
  const outside = Talker.of(server, stranger, (await roomOf(stranger, theirs.project)).room);
  const heard: unknown[] = [];
  outside.socket.on('contact', (told: unknown) => heard.push(told));
  await inRoom(outside);
  expect(await outside.ask('contacts', {})).toEqual({ ok: { contacts: [] } });
  const asked = await known.ask<{ contacts: { id: string; is_here: boolean }[] }>('contacts', {});
  expect('ok' in asked && asked.ok.contacts.find((contact) => contact.id === id)).toMatchObject({ is_here: false });
  const [here, there] = [await inRoom(Talker.of(server, guest, room.room)), await inRoom(Talker.of(other, guest, room.room))];
  await expect.poll(() => moves).toEqual([true]);
  // As long as one connection is left, they are here.
  here.end();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(moves).toEqual([true]);
  there.end();
  await expect.poll(() => moves).toEqual([true, false]);
  expect(heard).toEqual([]);
  known.end();
  outside.end();
});

test('whoever was not there is told in the product, at once if they are elsewhere in it, and in one letter', async ({ browser }) => {
  test.setTimeout(60_000);
  const cookies = await sessionOf(browser, server, mail, 'ada@mail.example');
  const context = await browser.newContext();
  await context.addCookies(cookies);
  const reader = await Guest.of(server, context);
  const own = await reader.make('A diary of tides');
  await letIn(owner, room.room, reader);
  const elsewhere = await context.newPage();
  await roomPage(elsewhere, `/projects/${own.project}/room`);
  for (const body of ['Are you there?', 'It is about the wells', 'Look when you can'])
    expect((await owner.post(`/api/rooms/${room.room}/messages`, { client_id: body, body })).status).toBe(201);
  await expect(elsewhere.getByRole('link', { name: 'You have new notices' })).toBeVisible({ timeout: 15_000 });
  await elsewhere.getByRole('link', { name: 'You have new notices' }).click();
  await expect(elsewhere.getByText('3 new messages')).toBeVisible();
  await expect(elsewhere.getByText('Look when you can')).toBeVisible();
  const letter = await mail.letterTo('ada@mail.example', 2);
  expect(letter.subject).toContain('3 new messages');
  expect(letter.text).toContain('Look when you can');
  expect(letter.text).toContain(`/projects/${project}/room`);
  await elsewhere.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(elsewhere.getByText('new', { exact: true })).toHaveCount(0);
  await elsewhere.goto(server.url('/settings'));
  await elsewhere.getByLabel(/Write me a letter/).uncheck();
  await elsewhere.locator('#notices').getByRole('button', { name: 'Save' }).click();
  await expect(elsewhere.getByLabel(/Write me a letter/)).not.toBeChecked();
  await elsewhere.locator('#notices').getByRole('button', { name: 'Be quiet' }).click();
  await expect(elsewhere.getByText(/Quiet until/)).toBeVisible();
  expect(mail.lettersTo('ada@mail.example')).toHaveLength(2);
  await context.close();
});

test('what is pushed is shown by the browser, with where it leads, and never leads elsewhere', async ({ browser }) => {
  const context = await browser.newContext({ permissions: ['notifications'], serviceWorkers: 'allow' });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  let registration = '';
  devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => (registration = registrations.at(-1)?.registrationId ?? registration));
  await devtools.send('ServiceWorker.enable');
  await page.goto(server.url('/offline'));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => registration).not.toBe('');
  const push = async (data: object) =>
    devtools.send('ServiceWorker.deliverPushMessage', { origin: new URL(server.url()).origin, registrationId: registration, data: JSON.stringify(data) });
  await push({ title: 'A new message', body: 'Ada: hello', href: '/rooms', tag: 'room:1' });
  await push({ title: 'Two new messages', body: 'Ada: hello?', href: 'https://evil.example/', tag: 'room:1' });
  const shown = () =>
    page.evaluate(async () => {
      const { getNotifications } = await navigator.serviceWorker.ready.then((ready) => ({ getNotifications: () => ready.getNotifications() }));
      return (await getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data: String(data) }));
    });
  await expect.poll(async () => (await shown()).map(({ title, body, tag }) => ({ title, body, tag }))).toEqual([{ title: 'Two new messages', body: 'Ada: hello?', tag: 'room:1' }]);
  expect((await shown())[0]?.data).not.toContain('evil');
  await context.close();
});

test('a long history is read page by page, and the page never holds more than some of it', async ({ browser }) => {
  test.setTimeout(60_000);
  const long = await owner.make('A chronicle of many words');
  const { room: id } = await roomOf(owner, long.project);
  server.sql(
    `with r as (update rooms set last_offset = 450 where id = '${id}' returning id)
     insert into messages (id, room_id, "offset", author_id, client_id, body, html, created_at)
     select gen_random_uuid(), r.id, n, (select owner_id from projects where id = '${long.project}'), 'seed-' || n, 'word ' || n, '<p>word ' || n || '</p>', now()
     from r, generate_series(1, 450) as n`,
  );
  const context = await browser.newContext();
  await owner.enter(context);
  const page = await context.newPage();
  await roomPage(page, `/projects/${long.project}/room`);
  const offsets = () => page.locator('[data-log] > [data-message]').evaluateAll((all) => all.map((one) => Number(one.getAttribute('data-offset'))));
  const seen = new Set(await offsets());
  for (let first = Math.min(...seen); first > 1; first = Math.min(...(await offsets()))) {
    await page.getByRole('link', { name: 'Earlier messages' }).click();
    await expect.poll(async () => Math.min(...(await offsets()))).toBeLessThan(first);
    const held = await offsets();
    held.forEach((offset) => seen.add(offset));
    expect(held.length).toBeLessThanOrEqual(300);
    expect(held).toEqual(held.toSorted((a, b) => a - b));
    expect(held.at(-1)! - held[0]! + 1, 'without a gap').toBe(held.length);
  }
  expect(seen.size).toBe(450);
  await page.getByRole('link', { name: 'To the latest' }).click();
  await expect(page.locator('.room[data-live]')).toBeVisible();
  await expect(page.locator('[data-log] > [data-message]').last()).toHaveAttribute('data-offset', '450');
  await context.close();
});
