// node bench/peers/bullmq.mjs REDIS_URL: what BullMQ does in a second on that Redis, the same three figures as server/benches/jobs.rs. It keeps
// jobs in memory; whether they outlive Redis is Redis's business, and here it is not asked to.
import { Queue, Worker } from 'bullmq';

const { hostname, port } = new URL(process.argv[2]);
const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
const queue = new Queue(`bench-${process.pid}`, { connection, defaultJobOptions: { removeOnComplete: true } });

async function publish(jobs, batch, atOnce) {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let at = 0; at < jobs / batch / atOnce; at += 1) {
        if (batch === 1) await queue.add('nothing', { at });
        else await queue.addBulk(Array.from({ length: batch }, (_, n) => ({ name: 'nothing', data: { at: n } })));
      }
    }),
  );
  return (jobs * 1000) / (performance.now() - began);
}

async function run(jobs) {
  const began = performance.now();
  let done = 0;
  let worker;
  await new Promise((resolve) => {
    worker = new Worker(
      queue.name,
      async () => {
        done += 1;
        if (done === jobs) resolve();
      },
      { connection, concurrency: 512 },
    );
  });
  const rate = (jobs * 1000) / (performance.now() - began);
  await worker.close();
  return rate;
}

const row = (what, figure) => console.log(`${what.padEnd(62)} ${''.padStart(14)} ${figure.toFixed(0).padStart(14)}`);
const singles = await publish(8_000, 1, 8);
await run(8_000);
const batches = await publish(40_000, 100, 2);
const runs = await run(40_000);
row('BullMQ (in memory): published a second, 100 at once, 2 at once', batches);
row('BullMQ (in memory): published a second, 1 by 1, 8 at once', singles);
row('BullMQ (in memory): done a second, 512 at once', runs);
await queue.obliterate({ force: true });
await queue.close();
