const SHELVES = [
  ['/projects', 'Current'],
  ['/projects?shelf=archived', 'Archive'],
  ['/projects?shelf=deleted', 'Bin'],
] as const;

export function Shelves() {
  return (
    <nav className="shelves" aria-label="Shelves">
      <ul>
        {SHELVES.map(([href, label]) => (
          <li key={href}>
            <a href={href} aria-current={href === '/projects' ? 'page' : undefined}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
