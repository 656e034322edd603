// Scripts of a page. Every page has one small module, which measures how it feels; what counts is what else there is.

/** The reporter, as far as it is known without its hash. */
export const REPORTER = '/pkg/vitals.';

/** Whatever else makes a browser load or run a script, in a document that is open. */
export const OTHER_SCRIPTS = `script:not([src^="${REPORTER}"]), link[rel=modulepreload]`;

const REPORTER_TAG = /<script type="module" src="\/pkg\/vitals\.[0-9a-f]+\.js" fetchpriority="low"><\/script>/;

/** The same in a document's text, where the reporter may stand once. */
export function otherScripts(html: string): string[] {
  const rest = html.replace(REPORTER_TAG, '');
  return rest.match(/<script\b[^>]*>|rel="?modulepreload[^>]*|[\w/.-]+\.(?:js|mjs|wasm)\b|\son\w+="[^"]*"/g) ?? [];
}
