import { memberNames } from '../config/composed.ts';
import type { DynamicConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { DefinedNames } from './resolve-references.ts';

/** A composed service of composed services of …: so many levels, with servers below. */
const MAX_DEPTH = 5;

export interface ResolvedComposed {
  /** Why requests cannot be sent to a service by this name; undefined for one that works, is made of servers, or is not there. */
  faultOf(name: string): string | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Looks at what services are made of: a member that is not there, one that leads back, and too deep a nesting are faults of the service,
 * and of all that are made of it. Works level by level from the servers up, in time that grows with the names.
 */
export function resolveComposed({ services }: DynamicConfig, defined: DefinedNames): ResolvedComposed {
  const composed = new Map(services.filter((one) => one.composed !== undefined).map((one) => [one.name, one]));
  const faults = new Map<string, string>();
  const problems: Problem[] = [];
  const fail = (service: ServiceConfig, fault: Pick<Problem, 'code' | 'message' | 'hint'>): void => {
    const { name, provider, containers } = service;
    const [container] = containers;
    faults.set(name, `the service ${name} cannot work: ${fault.message}`);
    problems.push({
      severity: 'error',
      provider,
      ...(container === undefined ? {} : { container }),
      object: name,
      ...fault,
    });
  };
  for (const service of composed.values()) {
    const missing = memberNames(service.composed!).find((name) => !defined.services.has(name));
    if (missing === undefined) continue;
    const guess = defined.suggest('services', missing);
    const hint = guess === undefined ? 'define it, or remove its name' : `did you mean ${guess}?`;
    fail(service, { code: 'service_missing', message: `there is no service ${missing}`, hint });
  }
  const open = new Set([...composed.keys()].filter((name) => !faults.has(name)));
  const members = (name: string): readonly string[] => memberNames(composed.get(name)!.composed!);
  // Members of a level are all of levels below it: what stays is too deep, leads back, or has a member at fault.
  for (let level = 1; level <= MAX_DEPTH; level++) {
    const sound = [...open].filter((name) => members(name).every((one) => !open.has(one) && !faults.has(one)));
    for (const name of sound) open.delete(name);
  }
  const early = new Set(faults.keys());
  for (const name of open) {
    const service = composed.get(name)!;
    const loop = loopThrough(name, (one) => (open.has(one) ? members(one) : []));
    if (loop !== undefined) {
      const message = `it leads back to itself: ${loop.join(' → ')}`;
      fail(service, { code: 'label_conflict', message, hint: 'remove one of these names from what it is made of' });
    } else if (members(name).every((one) => !open.has(one) && !early.has(one))) {
      const message = `services are nested more than ${MAX_DEPTH} deep in it`;
      fail(service, { code: 'label_conflict', message, hint: 'name the inner services themselves' });
    } else faults.set(name, `the service ${name} cannot work: what it is made of cannot`);
  }
  return { faultOf: (name) => faults.get(name), problems };
}

/** Longer ones are faults all the same, and nobody is told their names. */
const MAX_SEARCHED = 200;

/** The shortest way from a name back to itself. */
function loopThrough(start: string, next: (name: string) => readonly string[]): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const reached = [start];
  for (const name of reached) {
    for (const one of next(name)) {
      if (one === start) {
        const way = [start];
        for (let at = name; at !== start; at = cameFrom.get(at)!) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(one) || reached.length > MAX_SEARCHED) continue;
      cameFrom.set(one, name);
      reached.push(one);
    }
  }
  return undefined;
}
