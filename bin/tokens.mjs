// Reads files of design tokens with a parser that others wrote, and fails on whatever is not as the format says.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { defineConfig, parse } from '@terrazzo/parser';

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('Name the files to read.');
const config = defineConfig({}, { cwd: pathToFileURL(`${process.cwd()}/`) });
for (const file of files) {
  const { tokens } = await parse([{ filename: pathToFileURL(file), src: readFileSync(file, 'utf8') }], { config });
  const count = Object.keys(tokens).length;
  if (count === 0) throw new Error(`${file} holds no tokens.`);
  console.log(`${file}: ${count} tokens`);
}
