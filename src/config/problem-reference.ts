import { code, joinSections } from './markdown.ts';
import { PROBLEM_CODES, type ProblemCodeFacts } from './problem-codes.ts';

const INTRO = `
# Problems

What Sluice says about labels and files that are not right. This page is made from the table of the code by \`npm run docs\`.

Each problem is one line in the log when it appears and one when it is gone, and stands at the admin address
(\`GET /api/problems\`) while it lasts. It names the container, the label and the column, says what is wrong, and has a hint with
what to write, for which the entries below are the background. An **error** means that something is not served as it was asked
for: the router, service or middleware that it names is disabled, or a part of it is left out. A **warning** disables nothing that was asked
for.

\`sluice check\` finds the same in compose files before they are deployed, and a few more that only the files show. There, a name
that a file of the router may define (\`auth@file\`) is a warning.
`;

const SEVERITIES: Readonly<Record<ProblemCodeFacts['severity'], string>> = {
  error: 'Error',
  warning: 'Warning',
  either: 'Error or warning',
};

/** The page of all kinds of problems. */
export function problemReference(): string {
  return joinSections([INTRO, ...Object.entries(PROBLEM_CODES).map(problemSection)]);
}

function problemSection([name, { severity, meaning, example, fix }]: readonly [string, ProblemCodeFacts]): string {
  return `## ${code(name)}\n\n**${SEVERITIES[severity]}.** ${meaning}\n\n- for example: ${code(example)}\n- what to do: ${fix}`;
}
