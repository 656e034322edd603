// A whole product that arrives at once must not hold up the page, even on a machine four times slower than this one.
import { expect, test } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectState, startProject, tell } from './support/studio';

const server = useServer({ paceMs: 5 });
const SLOWDOWN = 4;
const LONG_MS = 50;
const CODE_BYTES = 500_000;

interface WithCode {
  readonly status: string;
  readonly sections: { readonly code: { readonly files: readonly { readonly content: string }[] } };
}

test('five sections with half a megabyte of code stream in at once without one long task', async ({ page, context }, {
  annotations,
}) => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  await page.route('**/fn/follow_generation*', async (route) => {
    await opened;
    await route.continue();
  });
  const project = await startProject(page, server, SYNTHESIZERS);
  const guest = await Guest.of(server, context);
  const made = () => guest.json<WithCode>(`/api/projects/${project}`);
  await expect.poll(async () => (await made()).status, { timeout: 15_000 }).toBe('done');
  const bytes = (await made()).sections.code.files.reduce((sum, { content }) => sum + content.length, 0);
  expect(bytes, 'bytes of code').toBeGreaterThan(CODE_BYTES);
  const early = await page.locator('[data-piece]').count();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.evaluate(() => {
    const long: number[] = [];
    Object.assign(window, { longTasks: long });
    // Not those of loading the page, which is no stream.
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push(duration))).observe({
      entryTypes: ['longtask'],
    });
  });

  open();
  await expectState(page, 'done', 25_000);

  const long = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
  const late = (await page.locator('[data-piece]').count()) - early;
  const worst = `${late} pieces and ${Math.round(bytes / 1_000)} kB of code at once: ${long.map(Math.round).join(', ') || 'none'}`;
  tell(annotations, `tasks over ${LONG_MS} ms at ${SLOWDOWN} times slower`, worst);
  expect(late).toBeGreaterThan(200);
  expect(long).toEqual([]);
});
