const SORTINGS = [
  ['newest', 'Newest first'],
  ['oldest', 'Oldest first'],
  ['updated', 'Changed last'],
  ['title', 'By name'],
] as const;

export function Search() {
  return (
    <form className="search" method="get" action="/projects" role="search" aria-label="Your projects">
      <label className="visually-hidden" htmlFor="search">
        Search names and directives
      </label>
      <input
        id="search"
        type="search"
        name="q"
        defaultValue=""
        placeholder="Search names and directives"
        dir="auto"
        autoComplete="off"
      />
      <label className="visually-hidden" htmlFor="sort">
        Order
      </label>
      <select id="sort" name="sort" defaultValue="newest">
        {SORTINGS.map(([sorting, label]) => (
          <option key={sorting} value={sorting}>
            {label}
          </option>
        ))}
      </select>
      <button type="submit">Show</button>
    </form>
  );
}
