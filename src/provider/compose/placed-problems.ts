import type { Problem } from '../../config/problem.ts';
import type { Place } from './compose-node.ts';
import type { ComposeProject, ComposeService } from './compose-project.ts';
import type { Finding } from './finding.ts';
import type { PlacedLabel, ServiceLabels } from './service-labels.ts';

/** What problems of the configuration are told by: the services they are about. */
export interface ProblemContext {
  readonly project: ComposeProject;
  readonly labels: ReadonlyMap<string, ServiceLabels>;
  /** Whether files that the router has may define what is named `…@file`. */
  readonly mayHaveFiles: boolean;
  /** Where problems without a service are said to be: those of the compose files, and those of files that the router reads. */
  readonly elsewhere: Place;
  readonly inFiles: Place;
}

/**
 * Problems of the configuration as findings with file and line. Left out is what follows from a label about which everything is
 * said already, and what replicas repeat.
 */
export function placeProblems(problems: readonly Problem[], context: ProblemContext): readonly Finding[] {
  const told = new Set<string>();
  return problems.flatMap((problem): readonly Finding[] => {
    const isOfFile = problem.provider === 'file';
    const service = isOfFile ? undefined : context.project.services.find(({ name }) => name === problem.container);
    const own = service === undefined ? undefined : context.labels.get(service.name);
    if (own !== undefined && isConsequence(problem, own)) return [];
    const key = JSON.stringify(problem);
    if (told.has(key)) return [];
    told.add(key);
    return [placeProblem(softened(problem, context), service, own, context)];
  });
}

function placeProblem(
  { severity, code, provider, container, object, label, column, message, hint }: Problem,
  service: ComposeService | undefined,
  own: ServiceLabels | undefined,
  { elsewhere, inFiles }: ProblemContext,
): Finding {
  const found = findLabel(own, label, object);
  const value = code === 'rule_syntax' && column !== undefined && label !== undefined ? found?.value : undefined;
  return {
    severity,
    code,
    place: found?.place ?? service?.place ?? (provider === 'file' ? inFiles : elsewhere),
    service: service?.name,
    ...((object ?? container) === undefined ? {} : { object: object ?? container }),
    ...(label === undefined ? {} : { label }),
    ...(column === undefined ? {} : { column }),
    ...(value === undefined ? {} : { excerpt: value }),
    message,
    hint,
  };
}

/** The label itself, else the first label of the object. */
function findLabel(
  own: ServiceLabels | undefined,
  label: string | undefined,
  object: string | undefined,
): PlacedLabel | undefined {
  if (own === undefined) return undefined;
  const exact = label === undefined ? undefined : own.labels.get(label);
  if (exact !== undefined || object === undefined) return exact;
  return [...own.labels].find(([name]) => isOf(name, object))?.[1];
}

/** Whether a label is one of the router, service or middleware `web@docker`. */
function isOf(label: string, object: string): boolean {
  return label.toLowerCase().includes(`.${object.replace(/@.*$/, '').toLowerCase()}.`);
}

function isConsequence({ label, object, message, code }: Problem, own: ServiceLabels): boolean {
  if (own.explained.size === 0) return false;
  if (label !== undefined && own.explained.has(label)) return true;
  const explained = [...own.explained];
  if (explained.some((name) => message.includes(name))) return true;
  if (code === 'rule_missing' && explained.some((name) => /\.(?:host|rule)$/i.test(name))) return true;
  return label === undefined && object !== undefined && explained.some((name) => isOf(name, object));
}

const REFERENCES: ReadonlySet<string> = new Set(['middleware_missing', 'service_missing', 'transport_missing']);

/** What a file of the router may define is at most a warning, where that file is not among those that are read. */
function softened(problem: Problem, { mayHaveFiles }: ProblemContext): Problem {
  const [name] = /[^\s,]+@file\b/.exec(problem.message) ?? [];
  if (!mayHaveFiles || name === undefined || !REFERENCES.has(problem.code)) return problem;
  const hint = 'see that the file provider of the router defines it';
  return { ...problem, severity: 'warning', message: `${name} is defined in no file that is read here`, hint };
}
