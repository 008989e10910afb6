import type { RouterPlace, Workload } from '../config/workload.ts';

/** What the file of the last known containers says. */
export interface KnownFile {
  /** Unix milliseconds. */
  readonly savedAt: number;
  readonly endpoint: string;
  readonly bootId: string;
  readonly place: RouterPlace;
  readonly workloads: readonly Workload[];
}

const HEALTHS: readonly unknown[] = ['none', 'starting', 'healthy', 'unhealthy'];

/** Reads the file's text; a text is why it cannot be used. Everything is looked at, as what follows relies on it. */
export function readKnownFile(text: string, version: number): KnownFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is damaged: no JSON';
  }
  if (!isObject(value)) return 'it is damaged: no object';
  if (value['version'] !== version)
    return `it has the version ${String(value['version'])}; this program reads ${version}`;
  const { savedAt, endpoint, bootId, place, workloads } = value;
  const isWhole =
    typeof savedAt === 'number' &&
    typeof endpoint === 'string' &&
    typeof bootId === 'string' &&
    isPlace(place) &&
    isListOf(workloads, isWorkload);
  return isWhole ? { savedAt, endpoint, bootId, place, workloads } : 'it is damaged: not what this program writes';
}

function isPlace(value: unknown): value is RouterPlace {
  return isObject(value) && (value['networks'] === undefined || isListOf(value['networks'], isText));
}

function isWorkload(value: unknown): value is Workload {
  if (!isObject(value)) return false;
  const { provider, id, name, baseName, createdAt, labels, running, health, networks, ports, hostNetwork } = value;
  return (
    provider === 'docker' &&
    [id, name, baseName].every(isText) &&
    typeof createdAt === 'number' &&
    isObject(labels) &&
    Object.values(labels).every(isText) &&
    typeof running === 'boolean' &&
    HEALTHS.includes(health) &&
    isListOf(networks, (one) => isObject(one) && isText(one['network']) && isText(one['address'])) &&
    isListOf(ports, isPort) &&
    typeof hostNetwork === 'boolean' &&
    (value['bindings'] === undefined || isListOf(value['bindings'], isBinding))
  );
}

function isBinding(value: unknown): boolean {
  return isObject(value) && isPort(value['port']) && isText(value['address']) && isPort(value['hostPort']);
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[];
function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean;
function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
