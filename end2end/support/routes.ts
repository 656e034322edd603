// The routes that Leptos.toml has budgets for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './database';

/** As patterns; one of them is there for what is not there. */
export function routesWithBudgets(): string[] {
  const budgets = readFileSync(join(ROOT, 'Leptos.toml'), 'utf8');
  return [...budgets.matchAll(/^\[budgets\.routes\."(.+)"\]$/gm)].map(([, route]) => route ?? '');
}
