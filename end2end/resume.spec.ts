// Whatever happens in the middle, the page ends with every piece once.
import { expect, test, type Page } from '@playwright/test';
import { numbersFrom, piecesHeld } from './support/events';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer, type Site } from './support/server';
import { expectAtLeast, expectState, paths, slots, startProject, status } from './support/studio';
import { Wire } from './support/wire';

const server = useServer({ paceMs: 15, leaseSeconds: 1 });
const other = useServer({ paceMs: 15, leaseSeconds: 1, besides: server });
const slow = useServer({ paceMs: 30 });

test('reloading in mid-stream ends with the same pieces, none twice', async ({ page }) => {
  const project = await startProject(page, server, SYNTHESIZERS);
  await expectAtLeast(page, 6);
  await page.reload({ waitUntil: 'domcontentloaded' });
  await expectState(page, 'running');
  await expectAtLeast(page, 60);
  await page.reload({ waitUntil: 'domcontentloaded' });

  await expectState(page, 'done');

  await expectWholeLog(page, server, project);
  await expectSameAsFreshLoad(page);
});

test('two tabs on one generation end alike, to the last character', async ({ page, context }) => {
  const project = await startProject(page, server, SYNTHESIZERS);
  await expectAtLeast(page, 10);
  const second = await context.newPage();
  await second.goto(server.url(`/projects/${project}/edit`));

  await expectState(page, 'done');
  await expectState(second, 'done');

  expect(await slots(second)).toEqual(await slots(page));
  await expectWholeLog(second, server, project);
});

test('another instance of the program shows the same generation live', async ({ page, context }) => {
  const second = await context.newPage();
  const project = await startProject(page, server, SYNTHESIZERS);
  await second.goto(other.url(`/projects/${project}/edit`), { waitUntil: 'commit' });
  await expectState(second, 'running');

  await expectState(second, 'done');
  await expectState(page, 'done');

  expect(await slots(second)).toEqual(await slots(page));
});

test('losing the network says so, and coming back goes on by itself', async ({ page, context }) => {
  await Wire.to(server, async (wire) => {
    const project = await startProject(page, wire, SYNTHESIZERS);
    await expectAtLeast(page, 6);
    await context.setOffline(true);
    wire.cut();
    await expect(status(page)).toContainText('Connection lost');
    const during = await paths(page);

    wire.mend();
    await context.setOffline(false);

    await expectState(page, 'done');
    expect((await paths(page)).length).toBeGreaterThan(during.length);
    await expect(status(page)).toHaveText('Done');
    await expectWholeLog(page, server, project);
    await expectSameAsFreshLoad(page);
  });
});

test('a reader whose connection breaks again and again still ends with every piece once', async ({ page }) => {
  test.setTimeout(60_000);
  await Wire.to(slow, async (wire) => {
    const project = await startProject(page, wire, SYNTHESIZERS);
    for (const count of [10, 60, 150]) {
      await expectAtLeast(page, count);
      wire.cut();
      await expect(status(page)).toContainText('Connection lost');
      wire.mend();
    }
    await expectState(page, 'done', 25_000);
    await expectWholeLog(page, slow, project);
    await expectSameAsFreshLoad(page);
  });
});

test('a server that is killed and started again in mid-stream loses and repeats nothing', async ({ page, context }) => {
  const project = await startProject(page, server, SYNTHESIZERS);
  const guest = await Guest.of(server, context);
  const generation = await guest.generationOf(project);
  await expectAtLeast(page, 12);
  await Promise.all([server.kill(), other.kill()]);
  await expect(status(page)).toContainText('Connection lost');

  await Promise.all([server.restart(), other.restart()]);

  await expectState(page, 'done', 20_000);
  await expect(status(page)).toHaveText('Done');
  await expectWholeLog(page, server, project);
  await expectSameAsFreshLoad(page);

  const first = await guest.log(generation);
  expect((await guest.log(generation)).bytes, 'the log read twice').toBe(first.bytes);
  expect(
    first.events.map(({ id }) => id),
    'numbered without a gap',
  ).toEqual(numbersFrom(1, first.events.length));
  expect(first.events.map(({ kind }) => kind)).toContain('restart');
  expect(first.events.filter(({ kind }) => ['done', 'failed', 'cancelled'].includes(kind))).toHaveLength(1);
  expect(first.events.at(-1)?.kind).toBe('done');
});

test('reading the log from any event on gives exactly the rest', async () => {
  const guest = new Guest(server);
  const { generation } = await guest.start(SYNTHESIZERS);
  const live = await guest.log(generation);
  const replayed = await guest.log(generation);
  expect(replayed.events, 'live and replayed').toEqual(live.events);

  const last = live.events.length;
  for (const after of [0, 1, 7, last - 1]) {
    const rest = await guest.log(generation, after);
    expect(rest.events, `after ${after}`).toEqual(live.events.slice(after));
    const asked = await guest.ask(`/api/generations/${generation}/events?after=${after}`);
    expect(asked.text, `?after=${after}`).toBe(rest.bytes);
  }
  const nothingLeft = await guest.ask(`/api/generations/${generation}/events`, {
    headers: { 'last-event-id': String(last) },
  });
  expect(nothingLeft.status, 'a browser is told not to come back').toBe(204);
});

test('a server that is asked to stop ends by itself, and another takes its work over at once', async ({
  page,
  context,
}) => {
  const project = await startProject(page, other, SYNTHESIZERS);
  await expectAtLeast(page, 5);

  expect(await other.stop(), 'exit code').toBe(0);

  const guest = await Guest.of(other, context);
  await guest.enter(context);
  await page.goto(server.url(`/projects/${project}/edit`));
  await expectState(page, 'done');
  await expectWholeLog(page, server, project);
  await other.restart();
});

/** The page holds what the log says, each piece once. */
async function expectWholeLog(page: Page, from: Site, project: string): Promise<void> {
  const guest = await Guest.of(from, page.context());
  const { events } = await guest.log(await guest.generationOf(project));
  const held = await paths(page);
  expect(new Set(held).size, `no piece twice: ${held.join(', ')}`).toBe(held.length);
  expect([...held].sort()).toEqual([...piecesHeld(events)].sort());
}

/** What the page became is what the server would send now. */
async function expectSameAsFreshLoad(page: Page): Promise<void> {
  const live = await slots(page);
  await page.reload();
  expect(await slots(page)).toEqual(live);
}
