import { env } from '$env/dynamic/private';
import { listProjects } from '$lib/server/projects';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = () => listProjects(env.OWNER!);
