// node provider.mjs: an independent implementation of both providers' APIs, https://github.com/CopilotKit/aimock. Reads one line of JSON
// (a list of fixtures) from standard input, prints its address, and ends when standard input does, so that it never outlives a test.
import { createInterface } from 'node:readline';
import { LLMock } from '@copilotkit/aimock';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent', journalMaxEntries: 0 });
const lines = createInterface({ input: process.stdin });
lines.once('line', async (line) => {
  mock.addFixtures(JSON.parse(line));
  await mock.start();
  console.log(mock.url);
});
lines.once('close', () => process.exit(0));
