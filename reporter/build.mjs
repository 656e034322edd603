// Bundles the reporter, what rooms talk through, what asks whether notices may be shown, and the style sheet that the landing page holds in itself.
//   build.mjs FOLDER HASHES    of a release: named after their content and compressed beside it, as cargo-leptos does with its files, and their hashes
//                              written down among theirs, where the program looks
//   build.mjs --watch FOLDER   for bin/watch: vitals.js, room.js, push.js and landing.css, made again at every change
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';

const ENTRIES = {
  vitals: fileURLToPath(new URL('reporter.js', import.meta.url)),
  room: fileURLToPath(new URL('room.js', import.meta.url)),
  push: fileURLToPath(new URL('push.js', import.meta.url)),
  landing: fileURLToPath(new URL('../style/landing-page.css', import.meta.url)),
};
/** How often a file that cargo-leptos has swept away is looked for. */
const LOOKED_FOR_EVERY_MS = 200;

const [first, second] = process.argv.slice(2);
if (!second) throw new Error('Say where to: build.mjs FOLDER HASHES, or build.mjs --watch FOLDER.');
if (first === '--watch') await watch(second);
else await release(first, second);

async function release(folder, hashes) {
  // Without what an earlier run wrote down, or no two runs would agree.
  const names = Object.keys(ENTRIES).join('|');
  const theirs = readFileSync(hashes, 'utf8').replace(new RegExp(`^(${names}): .*\\n`, 'gm'), '');
  const { outputFiles } = await build({ ...options(hashOf(theirs)), outdir: folder, write: false });
  mkdirSync(folder, { recursive: true });
  const ours = outputFiles.map(({ path, contents }) => {
    const { name, ext } = parse(path);
    const hash = hashOf(contents);
    const file = join(folder, `${name}.${hash}${ext}`);
    const brotli = brotliCompressSync(contents);
    writeFileSync(file, contents);
    writeFileSync(`${file}.br`, brotli);
    writeFileSync(`${file}.gz`, gzipSync(contents, { level: 9 }));
    console.log(`${file}: ${contents.length} bytes, ${brotli.length} as brotli`);
    return `${name}: ${hash}\n`;
  });
  writeFileSync(hashes, theirs + ours.join(''));
}

async function watch(folder) {
  const outfiles = ['vitals.js', 'room.js', 'push.js', 'landing.css'].map((name) => join(folder, name));
  const bundle = await context({ ...options('dev'), outdir: folder });
  await bundle.watch();
  const parent = process.ppid;
  setInterval(() => {
    // Whoever started this is gone.
    if (process.ppid !== parent) process.exit();
    // cargo-leptos empties the folder when it starts. What is wrong with the source has been said by esbuild.
    if (!outfiles.every((file) => existsSync(file))) bundle.rebuild().catch(() => undefined);
  }, LOOKED_FOR_EVERY_MS);
}

function options(name) {
  return {
    entryPoints: ENTRIES,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['/fonts/*'],
    legalComments: 'none',
    logLevel: 'warning',
    define: { BUILD: JSON.stringify(name) },
  };
}

function hashOf(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
