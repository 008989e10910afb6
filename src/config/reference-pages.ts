import { flagReference } from './flag-reference.ts';
import { labelReference } from './label-reference.ts';
import { problemReference } from './problem-reference.ts';

/** The generated pages of `docs/`, by name of the file. `npm run docs` writes them; a test fails when one is stale. */
export const REFERENCE_PAGES: ReadonlyMap<string, () => string> = new Map([
  ['labels.md', labelReference],
  ['flags.md', flagReference],
  ['problems.md', problemReference],
]);
