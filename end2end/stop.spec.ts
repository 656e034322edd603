// Stopping takes effect within a second and keeps what was made.
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { piecesHeld } from './support/events';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectAtLeast, expectState, paths, projectOf, quickest, startProject, status, STOPPED, tell, work } from './support/studio';

const server = useServer({ paceMs: 60 });
const fast = useServer();

test('Stop ends a running generation within a second and keeps what was made', async ({ page, context }, {
  annotations,
}) => {
  test.setTimeout(60_000);
  let before: string[] = [];
  const took = await quickest(1_000, async () => {
    await startProject(page, server, SYNTHESIZERS);
    await expectAtLeast(page, 8);
    before = await paths(page);
    await expect(page.getByRole('button', { name: 'Make it again' })).toBeHidden();
    return stopped(page);
  });
  const project = projectOf(page);

  tell(annotations, 'stopped after', `${took.toFixed(0)} ms`);
  expect(took).toBeLessThan(1_000);
  await expect(status(page)).toHaveText(STOPPED);
  await expect(page.getByRole('button', { name: 'Stop' })).toBeHidden();
  await expect(page.getByRole('button', { name: 'Make it again' })).toBeVisible();
  const kept = await paths(page);
  // Stages run side by side, so that something may have come in between; nothing went, and nothing changed places.
  expect(kept.filter((path) => before.includes(path))).toEqual(before);

  const guest = await Guest.of(server, context);
  const { events } = await guest.log(await guest.generationOf(project));
  expect(events.at(-1)?.kind).toBe('cancelled');
  expect([...kept].sort(), 'the page holds what the log holds').toEqual([...piecesHeld(events)].sort());
  await page.reload();
  await expect(work(page)).toHaveAttribute('data-state', 'cancelled');
  expect(await paths(page)).toEqual(kept);
  await page.goto(server.url('/projects'));
  await expect(page.getByRole('listitem').filter({ hasText: SYNTHESIZERS }).first()).toContainText('stopped');
});

/** Clicks Stop, and returns how many milliseconds after that, by the page's own clock, it says that all has stopped. */
async function stopped(page: Page): Promise<number> {
  await expect(work(page), 'the island is at work').toHaveAttribute('data-live', '');
  await page.evaluate(() => {
    let began = 0;
    document.addEventListener('click', () => (began = performance.now()), { capture: true, once: true });
    const isOver = new Promise<number>((resolve) => {
      new MutationObserver(() => {
        if (document.querySelector('[data-generation][data-state="cancelled"]')) resolve(performance.now() - began);
      }).observe(document.body, { attributeFilter: ['data-state'], subtree: true });
    });
    Object.assign(window, { stopped: () => isOver });
  });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectState(page, 'cancelled');
  return page.evaluate(() => (window as unknown as { stopped: () => Promise<number> }).stopped());
}

test('stopping twice changes nothing the second time', async () => {
  const guest = new Guest(server);
  const { generation } = await guest.start(SYNTHESIZERS);
  await guest.ask(`/api/generations/${generation}/events`, { enough: (text) => text.includes('event: piece') });

  const first = await guest.cancel(generation);
  const log = await guest.log(generation);
  const second = await guest.cancel(generation);

  expect([first.status, second.status]).toEqual([202, 202]);
  expect((await guest.log(generation)).bytes).toBe(log.bytes);
  expect(log.events.filter(({ kind }) => kind === 'cancelled')).toHaveLength(1);
});

test('stopping what is complete leaves it complete', async ({ page }) => {
  const guest = new Guest(fast);
  const { generation, project } = await guest.make(SYNTHESIZERS);
  const log = await guest.log(generation);

  expect((await guest.cancel(generation)).status).toBe(202);

  expect((await guest.log(generation)).bytes).toBe(log.bytes);
  expect(await guest.json(`/api/projects/${project}`)).toMatchObject({ status: 'done' });
  await guest.enter(page.context());
  await page.goto(fast.url(`/projects/${project}`));
  await expect(page.getByRole('status')).toHaveText('Done');
});

test('a stopped project can be made again', async ({ page }) => {
  await startProject(page, server, SYNTHESIZERS);
  await expectAtLeast(page, 3);
  const stopped = (await work(page).getAttribute('data-generation')) ?? '';
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectState(page, 'cancelled');

  await page.getByRole('button', { name: 'Make it again' }).click();

  await expect(work(page)).not.toHaveAttribute('data-generation', stopped);
  await expectState(page, 'running');
  await expectAtLeast(page, 3);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectState(page, 'cancelled');
});
