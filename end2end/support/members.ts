// People with an account, who signed up as everybody does.
import { expect, test, type Browser, type Cookie, type Page } from '@playwright/test';
import { linkIn, MailServer } from './mail';
import { Server, type ServerOptions, type Site } from './server';

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

/** A server on which two people have an account, one of them as an administrator. */
export class Peopled {
  administrator: Cookie[] = [];
  member: Cookie[] = [];
  readonly server: Server;
  private readonly mail = new MailServer();

  constructor(options: ServerOptions) {
    this.server = new Server({ ...options, smtpUrl: () => this.mail.url });
  }

  async start(browser: Browser): Promise<void> {
    const email = 'ada@mail.example';
    await this.mail.start();
    await this.server.start();
    this.administrator = await sessionOf(browser, this.server, this.mail, email);
    this.member = await sessionOf(browser, this.server, this.mail, 'sam@mail.example');
    expect(this.server.run('users', 'promote', email)).toBe(`${email} is an administrator\n`);
  }

  async end(): Promise<void> {
    await this.server.end();
    await this.mail.end();
  }
}

/** A server with its people for all tests of a file, started before the first and ended after the last. */
export function usePeopled(options: ServerOptions = {}): Peopled {
  const peopled = new Peopled(options);
  test.beforeAll(({ browser }) => peopled.start(browser));
  test.afterAll(() => peopled.end());
  return peopled;
}
