/** What a label is about; a fault in it disables no more than this. */
export type LabelObject = 'container' | 'site' | 'router' | 'service' | 'middleware' | 'transport' | 'other';

export type LabelType = 'text' | 'bool' | 'int' | 'list' | 'duration' | 'switch';

/**
 * One row of the option table, the only source of label names, types and defaults.
 * `acts`: `yes`; `no`, it is accepted with a warning; `protects`, it asks for a protection that is not there, and what it
 * belongs to must not serve without it.
 */
export interface LabelOption {
  readonly object: LabelObject;
  /** Path below the object: `rule`, `tls.domains[n].main`. */
  readonly key: string;
  readonly type: LabelType;
  readonly acts: 'yes' | 'no' | 'protects';
  readonly fallback: string;
  readonly meaning: string;
}

const PREFIXES: Readonly<Record<LabelObject, string>> = {
  container: '',
  site: '',
  router: 'http.routers.<router>.',
  service: 'http.services.<service>.',
  middleware: 'http.middlewares.<middleware>.',
  transport: 'http.serverstransports.<transport>.',
  other: '',
};

/** The full path of an option, without the prefix `sluice.` or `traefik.`. */
export function optionPath(option: Pick<LabelOption, 'object' | 'key'>): string {
  return PREFIXES[option.object] + option.key;
}
