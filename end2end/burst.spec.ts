// A whole product that arrives at once ends as the page that a reload shows. How smoothly it does is measured by bin/bench smoothness.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectState, slots, startProject } from './support/studio';

const server = useServer({ paceMs: 15 });

test('five sections that arrive at once, typing goes on, and nothing is missing', async ({ page, context }) => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  await page.route('**/fn/follow_generation*', async (route) => {
    await opened;
    await route.continue();
  });
  const project = await startProject(page, server, SYNTHESIZERS);
  const guest = await Guest.of(server, context);
  const status = async () => (await guest.json<{ status: string }>(`/api/projects/${project}`)).status;
  await expect.poll(status, { timeout: 15_000 }).toBe('done');
  const early = await page.locator('[data-piece]').count();
  await page.getByText('Name, cover, sharing, archive').click();
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('');

  open();
  await name.pressSequentially('typed while it came', { delay: 20 });
  await expectState(page, 'done', 20_000);

  await expect(name).toHaveValue('typed while it came');
  expect((await page.locator('[data-piece]').count()) - early).toBeGreaterThan(200);
  const live = await slots(page);
  await page.reload();
  expect(await slots(page)).toEqual(live);
});
