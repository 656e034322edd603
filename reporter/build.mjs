// Bundles the reporter.
//   build.mjs FOLDER HASHES    of a release: named after its content and compressed beside it, as cargo-leptos does with its files, and its hash
//                              written down among theirs, where the program looks
//   build.mjs --watch FOLDER   for bin/watch: vitals.js, made again at every change
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';

/** How often a file that cargo-leptos has swept away is looked for. */
const LOOKED_FOR_EVERY_MS = 200;

const [first, second] = process.argv.slice(2);
if (!second) throw new Error('Say where to: build.mjs FOLDER HASHES, or build.mjs --watch FOLDER.');
if (first === '--watch') await watch(second);
else await release(first, second);

async function release(folder, hashes) {
  // Without what an earlier run wrote down, or no two runs would agree.
  const theirs = readFileSync(hashes, 'utf8').replace(/^vitals: .*\n/gm, '');
  const { outputFiles } = await build({ ...options(hashOf(theirs)), write: false });
  const { contents } = outputFiles[0];
  const hash = hashOf(contents);
  const file = join(folder, `vitals.${hash}.js`);
  const brotli = brotliCompressSync(contents);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, contents);
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(contents, { level: 9 }));
  writeFileSync(hashes, `${theirs}vitals: ${hash}\n`);
  console.log(`${file}: ${contents.length} bytes, ${brotli.length} as brotli`);
}

async function watch(folder) {
  const outfile = join(folder, 'vitals.js');
  const bundle = await context({ ...options('dev'), outfile });
  await bundle.watch();
  const parent = process.ppid;
  setInterval(() => {
    // Whoever started this is gone.
    if (process.ppid !== parent) process.exit();
    // cargo-leptos empties the folder when it starts. What is wrong with the source has been said by esbuild.
    if (!existsSync(outfile)) bundle.rebuild().catch(() => undefined);
  }, LOOKED_FOR_EVERY_MS);
}

function options(name) {
  return {
    entryPoints: [fileURLToPath(new URL('reporter.js', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    define: { BUILD: JSON.stringify(name) },
  };
}

function hashOf(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
