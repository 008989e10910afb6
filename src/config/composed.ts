import type { ComposedConfig } from './dynamic.ts';

/** Full names of the services that a composed one is made of. */
export function memberNames(composed: ComposedConfig): readonly string[] {
  switch (composed.kind) {
    case 'weighted':
      return composed.members.map(({ name }) => name);
    case 'failover':
      return [composed.service, composed.fallback];
    case 'mirroring':
      return [composed.service, ...composed.mirrors.map(({ name }) => name)];
    default:
      return composed satisfies never;
  }
}

/** Of them those that may answer: neither what gets copies only nor what has no weight. */
export function answeringNames(composed: ComposedConfig): readonly string[] {
  if (composed.kind === 'mirroring') return [composed.service];
  if (composed.kind === 'failover') return memberNames(composed);
  return composed.members.filter(({ weight }) => weight > 0).map(({ name }) => name);
}

/** The same with every name put through `rename`. */
export function renameMembers(composed: ComposedConfig, rename: (name: string) => string): ComposedConfig {
  const renamed = <One extends { readonly name: string }>(list: readonly One[]): readonly One[] =>
    list.map((one) => ({ ...one, name: rename(one.name) }));
  switch (composed.kind) {
    case 'weighted':
      return { ...composed, members: renamed(composed.members) };
    case 'failover':
      return { ...composed, service: rename(composed.service), fallback: rename(composed.fallback) };
    case 'mirroring':
      return { ...composed, service: rename(composed.service), mirrors: renamed(composed.mirrors) };
    default:
      return composed satisfies never;
  }
}

/** The services of these names and all that they are made of, down to those with servers; `partsOf` says of what. */
export function withMembers(
  services: readonly { readonly name: string; readonly composed?: ComposedConfig }[],
  names: Iterable<string>,
  partsOf: (composed: ComposedConfig) => readonly string[] = memberNames,
): ReadonlySet<string> {
  const found = new Set(names);
  const composed = new Map(services.flatMap(({ name, composed: one }) => (one === undefined ? [] : [[name, one]])));
  if (composed.size === 0) return found;
  // What is added while it is walked is walked, too.
  for (const name of found) {
    const one = composed.get(name);
    if (one !== undefined) for (const member of partsOf(one)) found.add(member);
  }
  return found;
}
