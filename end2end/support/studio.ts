// What a person does and sees in the studio.
import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Guest, type Started } from './guest';
import type { Site } from './server';

export const EDITOR = /\/projects\/[0-9a-f-]{36}\/edit$/;
export const READER = /\/projects\/[0-9a-f-]{36}$/;
export const STOPPED = 'Stopped. What was made is kept.';

export function box(page: Page): Locator {
  return page.getByLabel('What do you want to build?');
}

export function buildButton(page: Page): Locator {
  return page.getByRole('button', { name: 'Build it' });
}

/** Types a directive on the landing page and sends it. */
export async function submit(page: Page, site: Site, directive: string): Promise<void> {
  await page.goto(site.url());
  await box(page).fill(directive);
  await buildButton(page).click();
}

/** Starts a project from the landing page and returns its id, once the editor is there. */
export async function startProject(page: Page, site: Site, directive: string): Promise<string> {
  await submit(page, site, directive);
  await page.waitForURL(EDITOR, { waitUntil: 'domcontentloaded' });
  return projectOf(page);
}

export function projectOf(page: Page): string {
  const id = /\/projects\/([0-9a-f-]{36})/.exec(page.url())?.[1];
  if (!id) throw new Error(`${page.url()} is no project's address.`);
  return id;
}

/** A project of a fresh guest whose browser this is. */
export async function guestWith(site: Site, context: BrowserContext): Promise<Guest> {
  const guest = new Guest(site);
  await guest.make('A library where neighbours lend tools');
  await guest.enter(context);
  return guest;
}

/** Every page that leads on from a project's own. */
export function pagesBehind({ project, generation }: Started): string[] {
  const own = `/projects/${project}`;
  const replay = `${own}/generations/${generation}`;
  return [
    `${own}/files/src/main.rs`,
    `${own}/room`,
    `${own}/pieces`,
    `${own}/edit/product/summary`,
    `${own}/edit/code/files/src-main-rs`,
    `${own}/revisions`,
    `${own}/revisions/brand/1`,
    `${own}/revisions/product/1?view=side`,
    replay,
    `${replay}/files/src/main.rs`,
    `${replay}/receipt`,
  ];
}

export function pieces(page: Page): Locator {
  return page.locator('[data-piece]');
}

export function status(page: Page): Locator {
  return page.locator('[data-status]');
}

/** The editor's root, whose `data-state` says how the generation is doing. */
export function work(page: Page): Locator {
  return page.locator('[data-generation]');
}

export async function expectState(
  page: Page,
  state: 'running' | 'done' | 'cancelled',
  timeout = 15_000,
): Promise<void> {
  await expect(work(page)).toHaveAttribute('data-state', state, { timeout });
}

export async function expectAtLeast(page: Page, count: number): Promise<void> {
  await expect.poll(() => pieces(page).count(), { intervals: [20] }).toBeGreaterThanOrEqual(count);
}

/** Addresses of the pieces and the receipt on the page, in its order, each with its stage. */
export function paths(page: Page): Promise<string[]> {
  return pieces(page).evaluateAll((found) =>
    found.map((piece) => {
      const stage = piece.closest('[data-stage]')?.getAttribute('data-stage');
      return [...(stage ? [stage] : []), piece.getAttribute('data-piece')].join('/');
    }),
  );
}

/** The inner HTML of every slot, by its stage and name, without what the editor marks in it. */
export function slots(page: Page): Promise<Record<string, string>> {
  return page.locator('[data-slot]').evaluateAll((found) =>
    Object.fromEntries(
      found.map((slot) => {
        const stage = slot.closest('[data-stage]')?.getAttribute('data-stage') ?? '';
        const html = slot.innerHTML.replaceAll(/ data-(?:chosen|locked|is-stale)=""/g, '');
        return [`${stage}/${slot.getAttribute('data-slot')}`, html];
      }),
    ),
  );
}

/** Every number of pieces that the page showed, frame by frame, until the generation is over. */
export function countsUntilOver(page: Page): Promise<number[]> {
  return page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const counts: number[] = [];
        const giveUp = performance.now() + 15_000;
        const look = () => {
          const count = document.querySelectorAll('[data-piece]').length;
          if (count !== counts.at(-1)) counts.push(count);
          const isOver = !document.querySelector('[data-state="running"]');
          if (isOver || performance.now() > giveUp) resolve(counts);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
}

/** The shortest of up to three times, none after one below the limit: what the machine holds up once it does not hold up thrice. */
export async function quickest(limitMs: number, measure: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let tries = 0; tries < 3 && best >= limitMs; tries += 1) best = Math.min(best, await measure());
  return best;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('There is no median of nothing.');
  return middle;
}

/** Prints a figure under the running test, and keeps it in the report. */
export function tell(annotations: { type: string; description?: string }[], type: string, description: string): void {
  annotations.push({ type, description });
  console.log(`    ${type}: ${description}`);
}
