// What is made anew, as the people of the room see it come while they talk.
import { expect, test, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { Talker, inRoom, letIn, roomOf, type Standing } from './support/room';
import { Server } from './support/server';

interface Told {
  readonly seq: number;
  readonly kind: string;
  readonly data: unknown;
}

interface Watched {
  readonly events: readonly Told[];
  readonly more: boolean;
  readonly is_over: boolean;
}

let server: Server;
let other: Server;
let owner: Guest;
let project: string;
let room: Standing;

test.beforeAll(async () => {
  test.setTimeout(60_000);
  server = new Server({ paceMs: 25 });
  await server.start();
  other = new Server({ paceMs: 25, besides: server });
  await other.start();
  owner = new Guest(server);
  project = (await owner.make('A register of village bridges')).project;
  room = await roomOf(owner, project);
});

test.afterAll(async () => {
  await other.end();
  await server.end();
});

async function makeAnew(stages: readonly string[]): Promise<string> {
  const answer = await owner.post(`/api/projects/${project}/generations`, { stages });
  expect(answer.status, answer.text).toBe(202);
  return (JSON.parse(answer.text) as { generation_id: string }).generation_id;
}

/** Watches, asks again whenever something is missing, and keeps everything that came. */
async function watch(talker: Talker, generation: string): Promise<Told[]> {
  const told: Told[] = [];
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const answered = await talker.ask<Watched>('watch', { generation, after: told.length });
    isAsking = false;
    if (!('ok' in answered)) throw new Error(answered.error.message);
    take(answered.ok.events);
    if (answered.ok.more) await ask();
  };
  const take = (events: readonly Told[]): void => {
    for (const event of events) if (event.seq === told.length + 1) told.push(event);
    if ((events.at(-1)?.seq ?? 0) > told.length) void ask();
  };
  talker.socket.on('generated', (of: string, events: readonly Told[]) => of === generation && take(events));
  await ask();
  return told;
}

/** What the log of the room says of what is made anew. */
function states(talker: Talker): string[] {
  return talker.entries.filter(({ kind }) => kind === 'made').map(({ data }) => (data as unknown as { state: string }).state);
}

test('a generation reaches everybody in the room, on two instances, with the numbers and words of its stream', async () => {
  const guest = new Guest(server);
  await guest.start('Somewhere to come from');
  await letIn(owner, room.room, guest);
  const talkers = [Talker.of(server, owner, room.room), Talker.of(other, guest, room.room), Talker.of(other, owner, room.room)];
  for (const talker of talkers) await inRoom(talker);
  const generation = await makeAnew(['brand', 'design']);
  const watched = await Promise.all(talkers.map((talker) => watch(talker, generation)));
  const { events } = await owner.log(generation);
  const stream = events.map(({ id, kind, data }) => ({ seq: id, kind, data }));
  for (const told of watched) await expect.poll(() => told.length, { timeout: 15_000 }).toBe(stream.length);
  for (const told of watched) expect(told).toEqual(stream);
  for (const talker of talkers) await expect.poll(() => states(talker)).toEqual(['running', 'done']);
  const late = await watch(talkers[0]!, generation);
  expect(late).toEqual(stream);
  const stranger = new Guest(server);
  await stranger.start('A project of their own');
  const outside = Talker.of(server, stranger, room.room);
  await expect.poll(() => outside.socket.connected).toBe(true);
  expect(await outside.ask('watch', { generation })).toMatchObject({ error: { code: 'not-found' } });
  [...talkers, outside].forEach((talker) => talker.end());
});

test('whoever leaves the room, or is taken out of it, hears nothing more of what is made', async () => {
  const [leaves, taken] = [new Guest(server), new Guest(server)];
  await leaves.start('Somewhere to come from');
  const theirs = await taken.start('Somewhere else to come from');
  for (const guest of [leaves, taken]) await letIn(owner, room.room, guest);
  const talkers = [Talker.of(server, leaves, room.room), Talker.of(other, taken, room.room)] as const;
  for (const talker of talkers) await inRoom(talker);
  const generation = await makeAnew(['brand', 'design']);
  const [one, two] = await Promise.all(talkers.map((talker) => watch(talker, generation)));
  await expect.poll(() => Math.min(one!.length, two!.length)).toBeGreaterThan(3);
  expect(await talkers[0].ask('leave', { room: room.room })).toMatchObject({ ok: null });
  const id = server.sql(`select owner_id from projects where id = '${theirs.project}'`);
  expect((await owner.ask(`/api/rooms/${room.room}/members/${id}`, { method: 'DELETE' })).status).toBe(204);
  await expect.poll(() => talkers[1].told.some(({ event }) => event === 'out')).toBe(true);
  const heard = [one!.length, two!.length];
  await owner.log(generation);
  expect([one!.length, two!.length]).toEqual(heard);
  expect(await talkers[0].ask('watch', { generation })).toMatchObject({ error: { code: 'not-found' } });
  talkers.forEach((talker) => talker.end());
});

test('what is made anew comes up in the room of whoever is there, while they talk about it', async ({ browser }) => {
  test.setTimeout(60_000);
  const guest = new Guest(server);
  await guest.start('Somewhere to come from');
  await letIn(owner, room.room, guest);
  const pages: Page[] = [];
  for (const [person, site] of [[owner, server], [guest, other]] as const) {
    const context = await browser.newContext();
    await person.enter(context);
    const page = await context.newPage();
    await page.goto(site.url(`/projects/${project}/room`));
    await expect(page.locator('[data-room][data-live]')).toBeAttached();
    pages.push(page);
  }
  const [one, two] = pages as [Page, Page];
  const generation = await makeAnew(['brand', 'design', 'architecture']);
  for (const page of pages) {
    await expect(page.getByText('Something is made anew.')).toBeVisible();
    await expect(page.locator('[data-making] [data-piece]').first()).toBeVisible();
  }
  await two.getByLabel('Say something').fill('I like how it begins');
  await two.keyboard.press('Enter');
  await expect(one.locator('.message', { hasText: 'I like how it begins' })).toBeVisible();
  for (const page of pages) await expect(page.locator(`[data-generation="${generation}"]`)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
  const pieces = (page: Page) => page.locator('[data-making] [data-piece]').evaluateAll((all) => all.map((piece) => piece.outerHTML));
  expect((await pieces(two)).length).toBeGreaterThan(20);
  expect(await pieces(two)).toEqual(await pieces(one));
  // The same as for whoever looks at the project now. Checks of sections that are not made anew come when all is done, with the page.
  const held = (page: Page) =>
    page.locator('[data-stage] [data-piece]:not([data-piece="checks"])').evaluateAll((all) =>
      all.map((piece) => `${piece.closest<HTMLElement>('[data-stage]')?.dataset['stage']}/${(piece as HTMLElement).dataset['piece']}`).sort(),
    );
  const watched = await held(two);
  await one.goto(server.url(`/projects/${project}/edit`));
  expect(watched).toEqual(await held(one));
  for (const page of pages) await page.context().close();
});
