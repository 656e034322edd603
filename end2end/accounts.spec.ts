// People sign up, come back from other browsers, forget passwords and leave, with letters from a real mail server.
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { Guest } from './support/guest';
import { MailServer, linkIn } from './support/mail';
import { PASSWORD, fillSignUp, signUp } from './support/members';
import { Server } from './support/server';

const mail = new MailServer();
let server: Server;

test.beforeAll(async () => {
  await mail.start();
  server = new Server({ smtpUrl: () => mail.url });
  await server.start();
});

test.afterAll(async () => {
  await server.end();
  await mail.end();
});

let people = 0;
/** An address of nobody else, and a network address: tries are counted by both. */
function somebody(): { email: string; network: string } {
  people += 1;
  const unique = `${Date.now().toString(36)}-${people}`;
  return { email: `sam-${unique}@mail.example`, network: `10.${people}.${Date.now() & 255}.${(Date.now() >> 8) & 255}` };
}

async function newBrowser(browser: Browser, network: string): Promise<BrowserContext> {
  return browser.newContext({ extraHTTPHeaders: { 'x-forwarded-for': network } });
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto(server.url('/login'));
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a guest signs up by mail, keeps the project, and opens it in another browser', async ({ browser }) => {
  const { email, network } = somebody();
  const first = await newBrowser(browser, network);
  const guest = new Guest(server);
  await guest.make('A register of village bridges');
  await guest.enter(first);
  const page = await first.newPage();
  await signUp(page, server, mail, email);
  await expect(page.getByRole('link', { name: 'A register of village bridges' })).toBeVisible();

  const second = await newBrowser(browser, network);
  const other = await second.newPage();
  await signIn(other, email.toUpperCase());
  await expect(other).toHaveURL(server.url('/projects'));
  await expect(other.getByRole('link', { name: 'A register of village bridges' })).toBeVisible();
  await first.close();
  await second.close();
});

test('a link followed in another browser asks for the password', async ({ browser }) => {
  const { email, network } = somebody();
  const first = await newBrowser(browser, network);
  const page = await first.newPage();
  await page.goto(server.url('/projects'));
  await fillSignUp(page, server, email);
  const link = linkIn(await mail.letterTo(email));
  const second = await newBrowser(browser, network);
  const other = await second.newPage();
  await other.goto(link);
  await other.getByLabel('The password you chose').fill('something else entirely');
  await other.getByRole('button', { name: 'Make my account' }).click();
  await expect(other.getByRole('alert')).toHaveText('That is not your password.');
  await other.getByLabel('The password you chose').fill(PASSWORD);
  await other.getByRole('button', { name: 'Make my account' }).click();
  await expect(other.getByRole('status').filter({ hasText: 'Welcome' })).toBeVisible();
  await other.goto(link);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('The link does not work');
  await first.close();
  await second.close();
});

test('a forgotten password is replaced by a link that works once, and every browser is signed out', async ({ browser }) => {
  const { email, network } = somebody();
  const context = await newBrowser(browser, network);
  const page = await context.newPage();
  await signUp(page, server, mail, email);
  const forgetful = await newBrowser(browser, network);
  const other = await forgetful.newPage();
  await other.goto(server.url('/reset'));
  await other.getByLabel('Mail address').fill(email);
  await other.getByRole('button', { name: 'Write to me' }).click();
  await expect(other.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  const link = linkIn(await mail.letterTo(email, 2));
  await other.goto(link);
  await other.getByLabel('New password').fill('violet harbour rope');
  await other.getByRole('button', { name: 'Change it' }).click();
  await expect(other.getByRole('status')).toContainText('Your password is changed');
  await other.goto(link);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('The link does not work');
  await signIn(other, email);
  await expect(other.getByRole('alert')).toHaveText('Address and password do not go together.');
  await signIn(other, email, 'violet harbour rope');
  await expect(other).toHaveURL(server.url('/projects'));
  await page.goto(server.url('/settings'));
  await expect(page).toHaveURL(server.url('/login?next=/settings'));
  expect((await mail.letterTo(email, 3)).subject).toBe('Your password was changed');
  await context.close();
  await forgetful.close();
});

test('an address with an account gets a letter that says so, and whoever asks sees the same page', async ({ browser }) => {
  const { email, network } = somebody();
  const context = await newBrowser(browser, network);
  const page = await context.newPage();
  await signUp(page, server, mail, email);
  const stranger = await newBrowser(browser, network);
  const other = await stranger.newPage();
  await fillSignUp(other, server, email);
  const known = await answerTo(other);
  await fillSignUp(other, server, somebody().email);
  expect(await answerTo(other)).toBe(known);
  expect((await mail.letterTo(email, 2)).subject).toBe('You have an account at Atlas9');
  await context.close();
  await stranger.close();
});

/** The whole page that follows signing up. */
async function answerTo(page: Page): Promise<string> {
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  await page.waitForLoadState('load');
  return page.content();
}

test('a letter has one recipient and no header that somebody typed', async ({ browser }) => {
  const { network } = somebody();
  const email = `zoë-${Date.now().toString(36)}@bücher.example`;
  const context = await newBrowser(browser, network);
  const page = await context.newPage();
  await page.goto(server.url('/signup'));
  await page.getByLabel('What should we call you?').fill('Sam Bcc: eve@evil.example');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  const letter = await mail.letterTo(email);
  expect(letter.recipients).toHaveLength(1);
  expect(letter.headers.filter((name) => ['bcc', 'cc'].includes(name))).toEqual([]);
  expect(letter.text).not.toContain('evil');
  await page.goto(linkIn(letter));
  await page.getByRole('button', { name: 'Make my account' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Welcome' })).toBeVisible();
  await context.close();
});

test('settings: theme, name, devices, a token shown once, and deleting everything', async ({ browser }) => {
  const { email, network } = somebody();
  const context = await newBrowser(browser, network);
  const page = await context.newPage();
  await signUp(page, server, mail, email);
  await page.goto(server.url('/settings'));
  await page.getByLabel('Dark').check();
  await page.locator('#appearance').getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByLabel('Name', { exact: true }).fill('Samira');
  await page.locator('#profile').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status')).toHaveText('Your name is changed.');

  const elsewhere = await newBrowser(browser, network);
  const other = await elsewhere.newPage();
  await signIn(other, email);
  await expect(other).toHaveURL(server.url('/projects'));
  await page.reload();
  await expect(page.locator('#devices li')).toHaveCount(2);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.locator('#devices li')).toHaveCount(1);
  await other.goto(server.url('/settings'));
  await expect(other).toHaveURL(server.url('/login?next=/settings'));

  await page.getByText('New token').click();
  await page.getByLabel('What is it for?').fill('Nightly export');
  await page.getByRole('button', { name: 'Make a token' }).click();
  const words = (await page.locator('.secret code').first().textContent()) ?? '';
  expect(words).toMatch(/^atlas9_[\w-]{80,}$/);
  await page.goto(server.url('/settings'));
  expect(await page.content()).not.toContain(words);
  const authorization = `Bearer ${words}`;
  expect((await page.request.get(server.url('/api/projects'), { headers: { authorization } })).status()).toBe(200);
  const revoke = page.getByRole('button', { name: 'Revoke: Nightly export' });
  await revoke.click();
  await expect(revoke).toHaveCount(0);
  expect((await page.request.get(server.url('/api/projects'), { headers: { authorization } })).status()).toBe(401);

  await page.locator('summary', { hasText: 'Delete everything' }).click();
  await page.locator('#data').getByLabel('Your password').fill(PASSWORD);
  await page.locator('#data').getByRole('button', { name: 'Delete everything' }).click();
  await expect(page.getByRole('alert')).toContainText('Tick the box');
  await page.locator('#data').getByLabel('Your password').fill(PASSWORD);
  await page.getByLabel('Yes, delete everything').check();
  await page.locator('#data').getByRole('button', { name: 'Delete everything' }).click();
  await expect(page.getByRole('status')).toContainText('deleted');
  await signIn(page, email);
  await expect(page.getByRole('alert')).toHaveText('Address and password do not go together.');
  await context.close();
  await elsewhere.close();
});
