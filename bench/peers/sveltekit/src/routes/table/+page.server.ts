import { entries } from '$lib/server/table';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ url }) => ({ entries: entries(url.searchParams.get('rows')) });
