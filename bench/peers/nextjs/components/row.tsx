import { titleOf } from '@/lib/directive';
import type { Project, Status } from '@/lib/projects';

const STATUS_WORDS: Record<Status, string> = {
  queued: 'waiting',
  running: 'being made',
  done: 'complete',
  failed: 'failed',
  cancelled: 'stopped',
};

export function Row({ project: { id, title, directive, visibility, createdOn, status } }: { project: Project }) {
  const words = titleOf(directive, 160);
  const saysMore = words !== title && title !== titleOf(directive, 120);
  return (
    <li>
      <a href={`/projects/${id}`} dir="auto">
        {title}
      </a>
      {saysMore && (
        <p className="words" dir="auto">
          {words}
        </p>
      )}
      <div className="row-foot">
        <p className="quiet">
          <time dateTime={createdOn}>{createdOn}</time>{' '}
          <span className={`state ${status}`}>{STATUS_WORDS[status]}</span>
          {visibility !== 'private' && (
            <>
              {' '}
              <span className="visibility">{visibility}</span>
            </>
          )}
        </p>
        <div className="row-actions">
          <Shelve project={id} shelf="archived" label="Archive" title={title} />
          <Shelve project={id} shelf="deleted" label="Delete" title={title} />
        </div>
      </div>
    </li>
  );
}

interface ShelveProps {
  readonly project: string;
  readonly shelf: string;
  readonly label: string;
  readonly title: string;
}

/** A button that puts a project on a shelf. */
function Shelve({ project, shelf, label, title }: ShelveProps) {
  return (
    <form method="post" action="/fn/shelve_project">
      <input type="hidden" name="project" value={project} />
      <input type="hidden" name="shelf" value={shelf} />
      <button type="submit" className="quiet" aria-label={`${label}: ${title}`}>
        {label}
      </button>
    </form>
  );
}
