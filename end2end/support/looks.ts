// What every page of the server's alone is held to: one heading, no script but the reporter, no sideways scrolling, nothing that axe knows to be wrong.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { OTHER_SCRIPTS } from './scripts';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WIDTHS = [320, 768, 1_600];

/** Looks at the open page at three widths and in both themes, with everything unfolded. */
export async function expectWellMade(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }), name).toHaveCount(1);
  await expect(page.locator(OTHER_SCRIPTS), name).toHaveCount(0);
  await page.locator('details').evaluateAll((found) => found.forEach((details) => details.setAttribute('open', '')));
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const [needed, room] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(needed, `${name} at ${width} px`).toBe(room);
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).setLegacyMode(true).analyze();
    const told = violations.map(
      ({ help, nodes }) => `${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    );
    expect(told, `${name}, ${colorScheme}`).toEqual([]);
  }
}
