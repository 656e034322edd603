import type { ReactNode } from 'react';

const PAGES = [
  ['/projects', 'Your projects'],
  ['/explore', 'Explore'],
  ['/settings', 'Account'],
] as const;

/** What stands around every page. Links are plain: each page is loaded as a whole, as ours are. */
export function Frame({ current, children }: { current: string; children: ReactNode }) {
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="masthead">
        <a className="wordmark" href="/">
          Atlas <span className="nine">9</span>
        </a>
        <nav aria-label="Main">
          {PAGES.map(([href, words]) => (
            <a key={href} href={href} aria-current={href === current ? 'page' : undefined}>
              {words}
            </a>
          ))}
          <a className="new" href="/#directive">
            New
          </a>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer className="colophon">
        <p>
          Made on the server. Unless it streams, this page’s only script measures{' '}
          <span className="nowrap">how fast it is.</span> Set in Newsreader, Inter and JetBrains Mono.
        </p>
        <p>
          <a href="/speed">Speed</a> · <a href="/status">Status</a>
        </p>
      </footer>
    </>
  );
}
