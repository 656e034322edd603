// Redis carries messages between instances. When it goes away they come a little later, and nothing else changes.
import { expect, test } from '@playwright/test';
import { service } from './support/database';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { Server } from './support/server';
import { expectAtLeast, expectState, slots, startProject } from './support/studio';
import { Wire } from './support/wire';

test('Redis goes away in mid-stream and comes back: every instance ends with the same page', async ({
  page,
  context,
}) => {
  const redis = new URL(service('REDIS_URL'));
  await Wire.to({ url: () => `http://${redis.host}` }, async (wire) => {
    redis.host = new URL(wire.url()).host;
    const one = new Server({ paceMs: 10, redisUrl: redis.href });
    const other = new Server({ paceMs: 10, redisUrl: redis.href, besides: one });
    try {
      await one.start();
      await other.start();
      const health = () => new Guest(one).json<{ status: string; redis: string }>('/api/health');
      await expect.poll(health).toMatchObject({ status: 'ok', redis: 'up' });
      const project = await startProject(page, one, SYNTHESIZERS);
      const second = await context.newPage();
      await second.goto(other.url(`/projects/${project}/edit`), { waitUntil: 'domcontentloaded' });
      await expectAtLeast(page, 5);

      wire.cut();

      await expect.poll(health).toMatchObject({ status: 'degraded', redis: 'down' });
      await expectState(page, 'done');
      await expectState(second, 'done');
      expect(await slots(second)).toEqual(await slots(page));
      wire.mend();
      await expect.poll(async () => (await health()).redis).toBe('up');
    } finally {
      await other.end();
      await one.end();
    }
  });
});
