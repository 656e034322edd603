// Somebody with a slow phone, as far as a desktop's browser can be one: whom the budgets of time in Leptos.toml are for.
import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import { entry, painted, seen } from './entries';
import type { Guest } from './guest';

/** How many times slower its processor is. */
const SLOWER = 4;
const ROUND_TRIP_MS = 60;
const BYTES_PER_SECOND = 9_000_000 / 8;
/** What a page says when it is left is on its way for longer than the page is there, and a browser that is closed takes it along. */
const SAYS_WITHIN_MS = 5 * ROUND_TRIP_MS;
const PHONE: BrowserContextOptions = { viewport: { width: 412, height: 823 }, isMobile: true, hasTouch: true };

/** Opens a page with nothing cached, touches it once it is there, and leaves; on leaving, the page says what it measured. */
export async function visit(browser: Browser, address: string, guest: Guest): Promise<void> {
  await onSlowPhone(browser, async (page) => {
    await guest.enter(page.context());
    await page.goto(address, { waitUntil: 'load' });
    await seen(page);
    await page.locator('h1').first().tap({ force: true });
    await entry(page, 'first-input');
    await painted(page);
    await page.goto('about:blank');
    await page.waitForTimeout(SAYS_WITHIN_MS);
  });
}

/** When the first of a page is on the screen that measures nothing by itself, in milliseconds. */
export function firstPaint(browser: Browser, address: string): Promise<number> {
  return onSlowPhone(browser, async (page) => {
    await page.goto(address, { waitUntil: 'load' });
    await seen(page);
    return await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  });
}

/** With nothing cached. */
async function onSlowPhone<Seen>(browser: Browser, look: (page: Page) => Promise<Seen>): Promise<Seen> {
  const context = await browser.newContext(PHONE);
  try {
    const page = await context.newPage();
    await slowDown(page);
    return await look(page);
  } finally {
    await context.close();
  }
}

async function slowDown(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: ROUND_TRIP_MS,
    downloadThroughput: BYTES_PER_SECOND,
    uploadThroughput: BYTES_PER_SECOND,
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
}
