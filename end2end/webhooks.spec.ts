// Webhooks: somebody gives us the address of a program of theirs, and it is told, signed so that the public libraries say so.
import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Webhook } from 'standardwebhooks';
import { Guest } from './support/guest';
import { expectWellMade } from './support/looks';
import { usePeopled } from './support/members';
import { Receiver, type Request } from './support/receiver';
import { submit } from './support/studio';

/** To look at three pages at three widths and in two themes takes axe its time. */
const MANY_PAGES_MS = 60_000;
const people = usePeopled({ webhooksAllow: '127.0.0.1' });
const server = people.server;

// Unassigned until made, for each test another.
let receiver: Receiver;

test.beforeEach(async () => {
  server.sql('delete from webhook_endpoints');
  receiver = new Receiver();
  await receiver.start();
});

test.afterEach(() => receiver.end());

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('an endpoint is added from the settings, tried, and what came is signed with the secret shown', async ({
    page,
    context,
  }) => {
    await enter(context);
    await page.goto(server.url('/settings'));
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await expect(page.getByText('No endpoint yet.')).toBeVisible();
    await add(page);
    await expect(page.getByText('Nothing was sent yet.')).toBeVisible();
    const secret = await revealed(page, 'Show it');

    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.getByRole('status')).toContainText('It is on its way.');
    const request = await receiver.told('webhook.test');
    expect(verified(secret, request)).toMatchObject({ type: 'webhook.test', data: { message: 'It works.' } });
    expect(() => verified(`whsec_${Buffer.alloc(32).toString('base64')}`, request)).toThrow('No matching signature');

    const delivery = await logged(page, 'arrived, 204');
    await delivery.getByText('Request and answer').click();
    await expect(delivery).toContainText(`webhook-id: ${request.headers['webhook-id'] as string}`);
  });

  test('a project that is begun is told of, and so is its end', async ({ page, context }) => {
    await enter(context);
    await page.goto(server.url('/settings/webhooks'));
    await add(page);
    const secret = await revealed(page, 'Show it');
    await submit(page, server, 'A tracker for bees');
    const created = verified(secret, await receiver.told('project.created'));
    expect(created).toMatchObject({ data: { outset: 'started' } });
    const finished = verified(secret, await receiver.told('generation.finished'));
    expect(finished).toMatchObject({ data: { stages: ['product', 'brand', 'design', 'architecture', 'code'] } });
  });

  test('what does not arrive says so with the answer, and is sent again by hand under its id', async ({
    page,
    context,
  }) => {
    receiver.status = 503;
    await enter(context);
    await page.goto(server.url('/settings/webhooks'));
    await add(page);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.getByRole('status')).toContainText('It is on its way.');
    const delivery = await logged(page, 'answered 503');
    await delivery.getByText('Request and answer').click();
    await expect(delivery).toContainText('The bees are asleep.');
    await expect(page.getByText('It is failing')).toBeVisible();

    receiver.status = 204;
    await delivery.getByRole('button', { name: /^Send again: webhook.test/ }).click();
    await expect(page.getByRole('status')).toContainText('It is on its way.');
    await logged(page, 'arrived, 204');
    const ids = new Set(receiver.requests.map(({ headers }) => headers['webhook-id']));
    expect(ids.size, 'one event has one id').toBe(1);
    await expect(page.getByText('It is on')).toBeVisible();
  });

  test('a secret is replaced, and the old one signs as well for a day', async ({ page, context }) => {
    await enter(context);
    await page.goto(server.url('/settings/webhooks'));
    await add(page);
    const before = await revealed(page, 'Show it');
    const after = await revealed(page, 'Replace it', before);
    await page.getByRole('button', { name: 'Send a test' }).click();
    const request = await receiver.told('webhook.test');
    for (const secret of [before, after]) expect(verified(secret, request)).toMatchObject({ type: 'webhook.test' });
    await expect(page.getByText('The secret before this one signs as well until')).toBeVisible();
  });

  test('an endpoint is changed, switched off and on, and removed', async ({ page, context }) => {
    await enter(context);
    await page.goto(server.url('/settings/webhooks'));
    await add(page);
    await page.getByLabel('project.created').uncheck();
    await page.getByLabel('Description, if you like').fill('The hive');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('status')).toHaveText('The endpoint is changed.');
    await expect(page.getByLabel('project.created')).not.toBeChecked();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await expect(page.getByText('It is switched off')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Send a test' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Switch on' }).click();
    await expect(page.getByText('It is on')).toBeVisible();
    await page.getByText('Remove this endpoint').click();
    await page.getByRole('button', { name: 'Remove it' }).click();
    await expect(page.getByRole('status')).toHaveText('The endpoint and its log are removed.');
    await expect(page.getByText('No endpoint yet.')).toBeVisible();
  });

  test('an address that leads inside is refused in words, and what was typed stays', async ({ page, context }) => {
    await enter(context);
    await page.goto(server.url('/settings/webhooks'));
    const address = page.getByLabel('Address');
    await address.fill('http://169.254.169.254/latest/meta-data/');
    await page.getByLabel('Description, if you like').fill('The hive');
    await page.getByRole('button', { name: 'Add the endpoint' }).click();
    await expect(address).toHaveAccessibleDescription(/The address does not lead to the public internet\./);
    await expect(address).toHaveValue('http://169.254.169.254/latest/meta-data/');
    await expect(page.getByLabel('Description, if you like')).toHaveValue('The hive');
    expect(server.sql('select count(*) from webhook_endpoints')).toBe('0');
  });

  test('a guest is told that they need an account', async ({ page, context }) => {
    const guest = new Guest(server);
    await guest.start('A register of village bridges');
    await guest.enter(context);
    await page.goto(server.url('/settings/webhooks'));
    await expect(page.getByText('They need an account.')).toBeVisible();
    await expect(page.getByRole('main').getByRole('link', { name: 'Sign up' })).toBeVisible();
  });
});

test('axe finds nothing wrong, in light and dark, and no page scrolls sideways or ships a script', async ({
  page,
  context,
}) => {
  test.setTimeout(MANY_PAGES_MS);
  receiver.status = 503;
  await enter(context);
  await page.goto(server.url('/settings/webhooks'));
  await expectWellMade(page, 'no endpoint');
  await add(page, `${receiver.url}/${'wing'.repeat(80)}`);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByRole('status')).toContainText('It is on its way.');
  await logged(page, 'answered 503');
  await revealed(page, 'Show it');
  await expectWellMade(page, 'an endpoint that fails');
  await page.goto(server.url('/settings/webhooks'));
  await expectWellMade(page, 'one endpoint');
});

async function enter(context: BrowserContext): Promise<void> {
  await context.addCookies(people.member);
}

/** Adds the receiver as an endpoint that is told everything, and stays on its page. */
async function add(page: Page, url = receiver.url): Promise<void> {
  await page.getByLabel('Address').fill(url);
  await page.getByRole('button', { name: 'Add the endpoint' }).click();
  await expect(page.getByRole('status')).toContainText('The endpoint is added.');
}

/** The secret that a button leads to, which is another than was shown before. */
async function revealed(page: Page, button: string, before = ''): Promise<string> {
  await page.getByRole('button', { name: button }).click();
  const code = page.getByRole('status').locator('code');
  await expect(code).not.toHaveText(before);
  const secret = await code.innerText();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  return secret;
}

/** What the request says, as the library of Standard Webhooks reads it; it throws where the signature is not right. */
function verified(secret: string, { headers, body }: Request): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

/** The newest delivery, once it went like this. */
async function logged(page: Page, went: string): Promise<Locator> {
  const delivery = page.locator('ul.deliveries > li').first();
  await expect(async () => {
    await page.goto(page.url().split('?')[0] ?? '');
    await expect(delivery).toContainText(went, { timeout: 200 });
  }).toPass({ timeout: 15_000 });
  return delivery;
}
