// Pages fit their window, and nothing jumps while they load.
import { expect, test, type Page } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { expectState, pagesBehind, startProject, tell } from './support/studio';

const server = useServer();
const paced = useServer({ paceMs: 25 });
const WIDTHS = [320, 768, 1_024, 1_600];
/** Every page at every width takes a slow machine its time. */
const MANY_PAGES_MS = 90_000;
const UNBREAKABLE = `A register of ${'Donaudampfschifffahrtsgesellschaft'.repeat(6)} where clerks file ${'x'.repeat(200)}`;

for (const directive of [SYNTHESIZERS, UNBREAKABLE]) {
  test(`no page scrolls sideways, and no control covers another, at any width: ${directive.slice(0, 40)}…`, async ({ page, context }) => {
    test.setTimeout(MANY_PAGES_MS);
    const paths = await somebodysPages(context, directive);
    for (const path of paths) {
      await page.goto(server.url(path));
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        expect(await sticksOut(page), `${path} at ${width} px`).toEqual([]);
        expect(await covered(page), `${path} at ${width} px`).toEqual([]);
      }
    }
  });
}

test('no page scrolls sideways with text at 200 %', async ({ page, context }) => {
  test.setTimeout(MANY_PAGES_MS);
  const paths = await somebodysPages(context, SYNTHESIZERS);
  for (const path of paths) {
    await page.goto(server.url(path));
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    const size = await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize));
    expect(size, 'text follows the reader’s size').toBeGreaterThan(28);
    for (const width of [640, 1_024]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await sticksOut(page), `${path} at ${width} px`).toEqual([]);
    }
  }
});

test('nothing on the landing page jumps while it loads, even when fonts come late', async ({ page }, {
  annotations,
}) => {
  await page.addInitScript(noteShifts);
  await page.route('**/fonts/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await route.continue();
  });
  for (const width of [360, 1_280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(server.url(), { waitUntil: 'networkidle' });
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    const shift = await shiftSoFar(page);
    tell(annotations, `layout shift of the landing page at ${width} px`, shift.toFixed(4));
    expect(shift).toBeLessThan(0.05);
  }
});

test('what a reader looks at stays in place while pieces come in', async ({ page }, { annotations }) => {
  await page.addInitScript(noteShifts);
  await startProject(page, paced, SYNTHESIZERS);
  await expectState(page, 'done');
  const shift = await shiftSoFar(page);
  tell(annotations, 'layout shift of an editor at work', shift.toFixed(4));
  expect(shift).toBeLessThan(0.05);
});

/** Every kind of page of a guest who has a project with this directive. */
async function somebodysPages(context: Parameters<Guest['enter']>[0], directive: string): Promise<string[]> {
  const guest = new Guest(server);
  const made = await guest.make(directive);
  const own = `/projects/${made.project}`;
  await guest.enter(context);
  return ['/', '/projects', `${own}/edit`, own, ...pagesBehind(made), '/nowhere'];
}

/** What makes the page wider than its window; empty when it fits. */
function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const wide = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > room + 0.5,
    );
    const names = wide.map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`);
    return [`${document.documentElement.scrollWidth} px of ${room} px`, ...new Set(names)];
  });
}

/** Controls in view that lie over each other; empty when each has room of its own. */
function covered(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    // A link that goes on in the next line has a box in each.
    const inView = [...document.querySelectorAll<HTMLElement>('a, button, summary, input, select, textarea')]
      .filter((control) => control.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))
      .map((control) => ({ control, boxes: [...control.getClientRects()].filter(isInView) }))
      .filter(({ boxes }) => boxes.length > 0);
    function isInView(box: DOMRect): boolean {
      return box.bottom > 0 && box.top < window.innerHeight && box.width > 1 && box.height > 1;
    }
    // Links in running text are taller than their line, for fingers: what lies over half of another hides it.
    function overlap(one: DOMRect, other: DOMRect): boolean {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      return across > 2 && down > Math.min(one.height, other.height) / 2;
    }
    return inView.flatMap(({ control, boxes }, at) =>
      inView
        .slice(at + 1)
        .filter((other) => !control.contains(other.control))
        .filter((other) => boxes.some((box) => other.boxes.some((otherBox) => overlap(box, otherBox))))
        .map((other) => `“${control.textContent?.trim()}” and “${other.control.textContent?.trim()}”`),
    );
  });
}

/** Runs in every page: adds up the shifts that no input caused. */
function noteShifts(): void {
  const total = { shift: 0 };
  Object.assign(window, { shifts: total });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!entry.hadRecentInput) total.shift += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Waits for two frames, so that the last shift has been seen. */
function shiftSoFar(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const answer = () => resolve((window as unknown as { shifts: { shift: number } }).shifts.shift);
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(answer)));
      }),
  );
}
