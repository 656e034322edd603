// People with an account, who signed up as everybody does.
import { expect, type Browser, type Cookie, type Page } from '@playwright/test';
import { linkIn, type MailServer } from './mail';
import type { Site } from './server';

export const PASSWORD = 'copper lantern drifts';

export async function fillSignUp(page: Page, site: Site, email: string, password = PASSWORD): Promise<void> {
  await page.goto(site.url('/signup'));
  await page.getByLabel('What should we call you?').fill('Sam');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign up' }).click();
}

export async function signUp(page: Page, site: Site, mail: MailServer, email: string): Promise<void> {
  await fillSignUp(page, site, email);
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  await page.goto(linkIn(await mail.letterTo(email)));
  await page.getByRole('button', { name: 'Make my account' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Welcome' })).toBeVisible();
}

/** The session of somebody who has just signed up, for the browsers of later tests. */
export async function sessionOf(browser: Browser, site: Site, mail: MailServer, email: string): Promise<Cookie[]> {
  const context = await browser.newContext();
  await signUp(await context.newPage(), site, mail, email);
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}
