import { MAX_WORKLOAD_PROGRAMS, RegexpBudget } from '../rule/regexp-budget.ts';
import { failUnprotected, reportInactive } from './inactive-labels.ts';
import { LabelGroup, type Setting } from './label-group.ts';
import type { LabelObject, LabelOption } from './label-option.ts';
import { ownerOfUnknown } from './label-owner.ts';
import { findLabel, type LabelPrefix } from './label-table.ts';
import { reportNearPrefix } from './near-prefix.ts';
import type { Problem } from './problem.ts';
import { translateLabelV1 } from './traefik-v1-labels.ts';
import type { Workload } from './workload.ts';

/** Labels of one workload, sorted by what they are about. Keys are lower case. */
export interface GroupedLabels {
  readonly container: LabelGroup;
  readonly sites: ReadonlyMap<string, LabelGroup>;
  readonly routers: ReadonlyMap<string, LabelGroup>;
  readonly services: ReadonlyMap<string, LabelGroup>;
  readonly middlewares: ReadonlyMap<string, LabelGroup>;
  readonly transports: ReadonlyMap<string, LabelGroup>;
  readonly tlsOptions: ReadonlyMap<string, LabelGroup>;
  /** TCP and UDP, which are checked and not acted on. */
  readonly other: OtherGroups;
  /** It has TCP or UDP labels. */
  readonly hasOther: boolean;
  /** It has any label of ours. */
  readonly isLabelled: boolean;
}

/** What is not HTTP, by kind of object. */
export type OtherGroups = Readonly<Record<OtherObject, ReadonlyMap<string, LabelGroup>>>;

type OtherObject = 'tcpRouter' | 'tcpService' | 'tcpMiddleware' | 'udpRouter' | 'udpService';

type Report = (problem: Omit<Problem, 'provider' | 'container'>) => void;

/**
 * Reads the label names of a workload. `sluice.` wins over `traefik.` for the same name; of two spellings with the same
 * prefix the byte-wise first counts. An unknown name disables the object it belongs to and nothing else.
 */
export function groupLabels(workload: Workload, report: Report): GroupedLabels {
  const groups = new Groups(workload, report);
  const labels = [...readNames(workload.labels, groups, report), ...fileSettings(workload)];
  for (const name of Object.keys(workload.services ?? {})) groups.get('service', name);
  const sites = namedSites(labels);
  for (const label of labels) placeLabel(label, groups, sites, report);
  return {
    container: groups.get('container', ''),
    sites: groups.of('site'),
    routers: groups.of('router'),
    services: groups.of('service'),
    middlewares: groups.of('middleware'),
    transports: groups.of('transport'),
    tlsOptions: groups.of('tlsOptions'),
    other: {
      tcpRouter: groups.of('tcpRouter'),
      tcpService: groups.of('tcpService'),
      tcpMiddleware: groups.of('tcpMiddleware'),
      udpRouter: groups.of('udpRouter'),
      udpService: groups.of('udpService'),
    },
    hasOther: labels.some(({ path }) => ['tcp', 'udp'].includes((path[0] ?? '').toLowerCase())),
    isLabelled: labels.length > 0,
  };
}

interface WrittenLabel {
  readonly label: string;
  readonly value: string;
  readonly prefix: LabelPrefix;
  readonly path: readonly string[];
  readonly items?: readonly string[];
}

const PREFIXES: readonly LabelPrefix[] = ['sluice', 'traefik'];

function readNames(labels: Workload['labels'], groups: Groups, report: Report): readonly WrittenLabel[] {
  const byPath = new Map<string, WrittenLabel>();
  for (const label of Object.keys(labels).sort()) {
    const dot = label.indexOf('.');
    const word = label.slice(0, dot);
    const prefix = PREFIXES.find((one) => one === word) ?? PREFIXES.find((one) => one === word.toLowerCase());
    if (prefix === undefined) {
      reportNearPrefix(label, report, (...found) => ownerGroup(groups, ...found));
      continue;
    }
    const rest = label.slice(dot + 1);
    const key = rest.toLowerCase();
    const written = { label, value: labels[label] ?? '', prefix, path: rest.split('.') };
    const earlier = byPath.get(key);
    if (earlier === undefined || (earlier.prefix === 'traefik' && prefix === 'sluice')) {
      byPath.set(key, written);
    } else if (earlier.prefix === prefix && earlier.value !== written.value) {
      report({
        severity: 'warning',
        code: 'label_conflict',
        label,
        message: `the same label is given as ${earlier.label}, which counts`,
        hint: 'remove one of the two',
      });
    }
  }
  return [...byPath.values()];
}

/** Options of a file are those of labels; names in them may have dots. */
function fileSettings({ settings = [] }: Workload): readonly WrittenLabel[] {
  return settings.map(({ path, value, items }) => {
    const written = { label: path.join('.'), value, prefix: 'traefik', path } as const;
    return items === undefined ? written : { ...written, items };
  });
}

/**
 * Beyond these no label means anything to a person, and what is made of it (rules, lists, messages) would cost everybody. The
 * longest rules people write name hundreds of hosts.
 */
const MAX_NAME_LENGTH = 1000;
const MAX_VALUE_LENGTH = 65_536;

/** Sites that the workload names a host for, in lower case. */
function namedSites(labels: readonly WrittenLabel[]): ReadonlySet<string> {
  const hosts = labels.filter(({ prefix, path }) => prefix === 'sluice' && path[1]?.toLowerCase() === 'host');
  return new Set(hosts.filter(({ path }) => path.length === 2).map(({ path }) => (path[0] ?? '').toLowerCase()));
}

function placeLabel(written: WrittenLabel, groups: Groups, sites: ReadonlySet<string>, report: Report): void {
  const { label, prefix, path } = written;
  if (label.length > MAX_NAME_LENGTH) {
    const message = `the name of this label has ${label.length} characters`;
    const short = `${label.slice(0, 80)}…`;
    report({ severity: 'error', code: 'label_unknown', label: short, message, hint: 'remove it; it is not read' });
    return;
  }
  const isTooLong = written.value.length > MAX_VALUE_LENGTH;
  // An empty value is no wish of anybody: whatever needs one is at fault.
  const value = isTooLong ? '' : written.value;
  const found = findLabel(prefix, path);
  if (found.option === undefined) {
    const owner = ownerOfUnknown(prefix, path, sites);
    const v1 = prefix === 'traefik' && owner === undefined ? translateLabelV1(path, value, groups.baseName) : undefined;
    const message = v1 === undefined ? 'there is no such label' : 'this is a label of Traefik v1, which is not read';
    const hint = v1 === undefined ? found.hint : `write ${v1}`;
    const fault = { code: 'label_unknown', label, message, hint } as const;
    if (owner === undefined) groups.get('container', '').warn(fault);
    else groups.get(owner.object, owner.name, label).fail(fault);
    return;
  }
  const { option, names, index } = found;
  const { items } = written;
  const setting: Setting = { label, value, option, names, index, ...(items === undefined ? {} : { items }) };
  const group = ownerGroup(groups, option, path, names, label);
  group.add(setting);
  if (isTooLong) failTooLong(group, label, written.value.length);
  if (option.acts === 'no' && !isTooLong) reportInactive(group, setting);
  if (option.acts === 'protects') failUnprotected(group, setting);
}

/** The group that a label belongs to. */
function ownerGroup(
  groups: Groups,
  { object, key }: LabelOption,
  path: readonly string[],
  names: readonly string[],
  label: string,
): LabelGroup {
  const hasName = object !== 'container' && object !== 'other';
  const isNamedSite = object === 'site' && path.length > key.split('.').length;
  return groups.get(object, hasName && (object !== 'site' || isNamedSite) ? (names[0] ?? '') : '', label);
}

function failTooLong(group: LabelGroup, label: string, length: number): void {
  group.fail({
    code: 'label_value',
    label,
    message: `the value has ${length} characters, more than ${MAX_VALUE_LENGTH}`,
    hint: 'shorten it, or spread it over several routers',
  });
}

/** Only references say a provider: whatever labels define is of the provider that read them. */
function failForeignName(group: LabelGroup, name: string, label: string | undefined): void {
  const at = name.indexOf('@');
  group.fail({
    code: 'label_value',
    ...(label === undefined ? {} : { label }),
    message: `"${name}" names a provider, and labels define things of their own provider only`,
    hint: `leave out ${name.slice(at)}: write ${name.slice(0, at)}`,
  });
}

/** Makes each group once. Names are told apart without regard to case; the first spelling stays. */
class Groups {
  readonly #groups = new Map<LabelObject, Map<string, LabelGroup>>();
  readonly #workload: Workload;
  readonly #report: Report;
  readonly #regexps = new RegexpBudget(MAX_WORKLOAD_PROGRAMS);

  constructor(workload: Workload, report: Report) {
    this.#workload = workload;
    this.#report = report;
  }

  get baseName(): string {
    return this.#workload.baseName;
  }

  of(object: LabelObject): Map<string, LabelGroup> {
    return this.#groups.getOrInsertComputed(object, () => new Map());
  }

  /** `label`: the one that names it, for a problem of the name itself. */
  get(object: LabelObject, name: string, label?: string): LabelGroup {
    return this.of(object).getOrInsertComputed(name.toLowerCase(), () => {
      // Nothing of ours goes by a name that reads as another provider's, not even what is refused.
      const own = name.replaceAll('@', '%40');
      const fullName = this.#fullName(object, own);
      const group = new LabelGroup({ object, name: own, fullName, regexps: this.#regexps, report: this.#report });
      if (own !== name) failForeignName(group, name, label);
      return group;
    });
  }

  #fullName(object: LabelObject, name: string): string | undefined {
    const { baseName, provider } = this.#workload;
    // A TCP router may have the name of an HTTP router, which has its own problems.
    if (object === 'container' || object === 'other' || /^(tcp|udp)/.test(object)) return undefined;
    return `${object === 'site' ? siteName(baseName, name) : name}@${provider}`;
  }
}

/** Name of the router and service that a site of the shorthand becomes. */
export function siteName(baseName: string, site: string): string {
  return site === '' ? baseName : `${baseName}-${site}`;
}
