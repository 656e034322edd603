// Runs before and after all tests: nothing of an earlier run, or of this one, stays behind.
import { dropLeftovers } from './database';

export default function leftovers(): void {
  dropLeftovers();
}
