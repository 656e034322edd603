import type { Metadata } from 'next';
import { BringBack } from '@/components/bring-back';
import { Frame } from '@/components/frame';
import { Row } from '@/components/row';
import { Search } from '@/components/search';
import { Shelves } from '@/components/shelves';
import { listProjects } from '@/lib/projects';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Your projects · Atlas9' };

export default async function Projects() {
  const { items, nextCursor } = await listProjects(process.env.OWNER!);
  return (
    <Frame current="/projects">
      <header className="list-head">
        <h1>Your projects</h1>
        <Shelves />
      </header>
      <Search />
      <ol className="projects">
        {items.map((project) => (
          <Row key={project.id} project={project} />
        ))}
      </ol>
      <nav className="pager" aria-label="Pages">
        {nextCursor && (
          <a className="older" rel="next" href={`/projects?cursor=${nextCursor}`}>
            Older projects
          </a>
        )}
      </nav>
      <BringBack />
    </Frame>
  );
}
