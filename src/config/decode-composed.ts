import { decodeSticky } from './decode-sticky.ts';
import type { ComposedConfig } from './dynamic.ts';
import type { LabelGroup, Setting } from './label-group.ts';

const KINDS = ['weighted', 'failover', 'mirroring'] as const;
type Kind = (typeof KINDS)[number];

/** Bytes of a payload that is copied, where nothing is said, and at most. */
export const DEFAULT_MIRROR_BYTES = 1_048_576;
export const MOST_MIRROR_BYTES = 16_777_216;

/** What a full-form service is made of; undefined: of servers, or of what cannot be read, which is a fault of the group. */
export function decodeComposed(group: LabelGroup): ComposedConfig | undefined {
  const [first, second] = KINDS.map((kind) => settingOf(group, kind)).filter((found) => found !== undefined);
  if (first === undefined) return undefined;
  const other = second ?? group.settings.find(({ option }) => option.key.startsWith('loadbalancer.'));
  if (other !== undefined) {
    const message = `${other.label} makes the same service of something else`;
    group.fail({ code: 'label_conflict', label: first.label, message, hint: 'give one of the two another name' });
    return undefined;
  }
  const kind = first.option.key.split('.')[0] as Kind;
  return { weighted: decodeWeighted, failover: decodeFailover, mirroring: decodeMirroring }[kind](group, first);
}

function settingOf(group: LabelGroup, kind: Kind): Setting | undefined {
  return group.settings.find(({ option }) => option.key.startsWith(`${kind}.`));
}

function decodeWeighted(group: LabelGroup, first: Setting): ComposedConfig {
  const members = items(group, 'weighted.services[n].').map((item) => ({
    name: nameOf(group, item.get('name'), item.first),
    weight: integer(group, item.get('weight'), 1, Number.MAX_SAFE_INTEGER),
  }));
  if (members.length === 0) fail(group, first, 'it names no service', 'add ….weighted.services[0].name=…');
  const sticky = decodeSticky(group, 'weighted.');
  return { kind: 'weighted', members, ...(sticky === undefined ? {} : { sticky }) };
}

function decodeFailover(group: LabelGroup, first: Setting): ComposedConfig {
  const [service, fallback] = [group.find('failover.service'), group.find('failover.fallback')];
  const name = (setting: Setting | undefined, key: string): string => {
    if (setting === undefined) fail(group, first, `it has no ${key}`, `add ….failover.${key}=NAME`);
    return setting === undefined ? '' : nameOf(group, setting, setting);
  };
  return { kind: 'failover', service: name(service, 'service'), fallback: name(fallback, 'fallback') };
}

function decodeMirroring(group: LabelGroup, first: Setting): ComposedConfig {
  const service = group.find('mirroring.service');
  if (service === undefined) fail(group, first, 'it has no service that answers', 'add ….mirroring.service=NAME');
  const mirrors = items(group, 'mirroring.mirrors[n].').map((item) => ({
    name: nameOf(group, item.get('name'), item.first),
    percent: integer(group, item.get('percent'), 0, 100),
    credentials: boolean(group, item.get('credentials')),
  }));
  return {
    kind: 'mirroring',
    service: service === undefined ? '' : nameOf(group, service, service),
    mirrors,
    maxBodyBytes: maxBodyBytes(group),
    mirrorBody: group.bool('mirroring.mirrorbody') ?? true,
  };
}

function maxBodyBytes(group: LabelGroup): number {
  const setting = group.find('mirroring.maxbodysize');
  const bytes = integer(group, setting, DEFAULT_MIRROR_BYTES, Number.MAX_SAFE_INTEGER, -1);
  if (setting === undefined || (bytes >= 0 && bytes <= MOST_MIRROR_BYTES)) return bytes;
  group.warn({
    code: 'label_value',
    label: setting.label,
    message: `${bytes < 0 ? 'no limit' : bytes} is more than is kept of a payload: requests with more than ${MOST_MIRROR_BYTES} bytes are not copied`,
    hint: `write ${MOST_MIRROR_BYTES} or less`,
  });
  return MOST_MIRROR_BYTES;
}

/** The settings of one element of a list. */
interface Item {
  readonly first: Setting;
  get(key: string): Setting | undefined;
}

/** The elements of a list by their number. */
function items(group: LabelGroup, prefix: string): readonly Item[] {
  const settings = group.settings.filter(({ option }) => option.key.startsWith(prefix));
  const byIndex = [...Map.groupBy(settings, ({ index }) => index)].sort(([left], [right]) => left - right);
  return byIndex.map(([, own]) => ({
    first: own[0]!,
    get: (key) => own.find(({ option }) => option.key === prefix + key),
  }));
}

function nameOf(group: LabelGroup, setting: Setting | undefined, beside: Setting): string {
  const name = setting?.value.trim() ?? '';
  if (name === '') fail(group, setting ?? beside, 'it names no service', 'write the name of a service');
  return name;
}

function integer(group: LabelGroup, setting: Setting | undefined, usual: number, max: number, min = 0): number {
  return setting === undefined ? usual : (group.intOf(setting, min, max) ?? usual);
}

function boolean(group: LabelGroup, setting: Setting | undefined): boolean {
  return setting === undefined ? false : (group.boolOf(setting) ?? false);
}

function fail(group: LabelGroup, { label }: Setting, message: string, hint: string): void {
  group.fail({ code: 'label_value', label, message, hint });
}
