// What an owner does with a project as a whole, as the API does it.
import type { Guest } from './guest';

/** Shows a project to everybody and returns the path of its public page. */
export async function makePublic(guest: Guest, project: string): Promise<string> {
  const answer = await guest.ask(`/api/projects/${project}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ visibility: 'public' }),
  });
  if (answer.status !== 200) throw new Error(`Sharing answered ${answer.status}: ${answer.text}`);
  return (JSON.parse(answer.text) as { shared_at_path: string }).shared_at_path;
}

/** Puts a project away, or into the bin. */
export async function putAway(guest: Guest, project: string, where: 'archival' | 'deletion'): Promise<void> {
  const answer = await guest.post(`/api/projects/${project}/${where}`);
  if (answer.status !== 204) throw new Error(`Putting away answered ${answer.status}: ${answer.text}`);
}
