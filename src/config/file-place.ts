import type { Problem } from './problem.ts';
import type { Workload } from './workload.ts';

/** A problem of an option in a file names its line, and no prefix of labels. Others stay as they are. */
export function placeInFile(problem: Problem, { settings }: Pick<Workload, 'settings'>): Problem {
  if (settings === undefined) return problem;
  const hint = problem.hint.replaceAll(/traefik\.(http|tls)\./g, '$1.');
  const setting = settings.find(({ path }) => path.join('.') === problem.label);
  return setting === undefined
    ? { ...problem, hint }
    : { ...problem, hint, message: `line ${setting.line}: ${problem.message}` };
}
