// What a browser measures of a page comes when it comes; these wait for it.
import type { Page } from '@playwright/test';

/** Until everything is measured that comes by itself. */
export async function seen(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  await entry(page, 'largest-contentful-paint');
  await painted(page);
}

/** Until the browser has an entry of this type. */
export function entry(page: Page, type: string): Promise<void> {
  return page.evaluate(
    (kind) =>
      new Promise<void>((resolve) => {
        new PerformanceObserver(() => resolve()).observe({ type: kind, buffered: true });
      }),
    type,
  );
}

/** Until what was done is on the screen. */
export function painted(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
  );
}
