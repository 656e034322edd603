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
  const context = await browser.newContext(PHONE);
  try {
    await guest.enter(context);
    const page = await context.newPage();
    await slowDown(page);
    await page.goto(address, { waitUntil: 'load' });
    await seen(page);
    await page.locator('h1').first().tap({ force: true });
    await entry(page, 'first-input');
    await painted(page);
    await page.goto('about:blank');
    await page.waitForTimeout(SAYS_WITHIN_MS);
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
