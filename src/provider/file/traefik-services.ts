import { isMap, isSeq, type Document } from 'yaml';
import type { FileService } from '../../config/workload.ts';
import { parseInteger } from '../../config/label-value.ts';
import { nearest } from '../../lib/suggest.ts';
import type { OptionFlattener } from './flatten-options.ts';
import { type WeightedUrl, weightedUrls } from './weighted-urls.ts';
import { entriesOf, type MapEntry, offsetOf, resolved, textOf } from './yaml-node.ts';

type Fail = (path: readonly string[], offset: number, message: string, hint: string) => void;

const SERVER_KEYS = ['url', 'weight', 'preservePath'];

/** Kinds of services that are not built. */
const UNKNOWN = ['highestrandomweight'];
/** A service is of one kind. */
const KINDS = ['loadbalancer', 'weighted', 'mirroring', 'failover'];

/** Reads services of a file: servers by URL, and every other option as a label would say it. */
export class TraefikServices {
  readonly #options: OptionFlattener;
  readonly #document: Document;
  readonly #lineOf: (offset: number) => number;
  readonly #fail: Fail;

  constructor(options: OptionFlattener, document: Document, lineOf: (offset: number) => number, fail: Fail) {
    this.#options = options;
    this.#document = document;
    this.#lineOf = lineOf;
    this.#fail = fail;
  }

  read(path: readonly string[], entries: readonly MapEntry[]): FileService {
    const unknown = entries.find(({ name }) => UNKNOWN.includes(name.toLowerCase()));
    if (unknown !== undefined) {
      const message = `line ${this.#lineOf(unknown.offset)}: ${unknown.name} services are known and not acted on yet`;
      return { urls: [], fault: { message, hint: 'let the router name one of the services in it' } };
    }
    const kinds = entries.filter(({ name }) => KINDS.includes(name.toLowerCase()));
    const [first, second] = kinds;
    if (first !== undefined && second !== undefined) {
      const message = `line ${this.#lineOf(second.offset)}: it is made by ${first.name} and by ${second.name}`;
      return { urls: [], fault: { code: 'label_conflict', message, hint: 'give one of the two another name' } };
    }
    const servers: WeightedUrl[] = [];
    for (const { name, value, offset } of entries) {
      const at = [...path, name];
      if (name.toLowerCase() !== 'loadbalancer' || !isMap(value)) this.#options.add(at, value, offset);
      else this.#readLoadBalancer(at, entriesOf(value, this.#document), servers);
    }
    return weightedUrls(servers);
  }

  #readLoadBalancer(path: readonly string[], entries: readonly MapEntry[], servers: WeightedUrl[]): void {
    for (const { name, value, offset } of entries) {
      const at = [...path, name];
      if (name.toLowerCase() !== 'servers') this.#options.add(at, value, offset);
      else if (isSeq(value)) {
        for (const [index, item] of value.items.entries()) {
          const server = this.#readServer([...path, `${name}[${index}]`], resolved(item, this.#document));
          if (server !== undefined) servers.push(server);
        }
      } else this.#fail(at, offset, 'the servers are not a list', 'write servers: [{url: http://10.0.0.7:8080}]');
    }
  }

  #readServer(path: readonly string[], node: unknown): WeightedUrl | undefined {
    if (!isMap(node)) {
      this.#fail(path, offsetOf(node), 'a server is not a map', 'write {url: http://10.0.0.7:8080}');
      return undefined;
    }
    const entries = entriesOf(node, this.#document);
    for (const { name, offset } of entries) {
      if (SERVER_KEYS.some((key) => key.toLowerCase() === name.toLowerCase())) continue;
      const guess = nearest(name, SERVER_KEYS);
      const hint = guess === undefined ? `expected ${SERVER_KEYS.join(', ')}` : `did you mean ${guess}?`;
      this.#fail([...path, name], offset, 'a server has no such option', hint);
    }
    const find = (key: string): MapEntry | undefined => entries.find(({ name }) => name.toLowerCase() === key);
    const url = this.#readUrl(path, node, { url: find('url'), preserve: find('preservepath') });
    const weight = this.#readWeight([...path, 'weight'], find('weight'));
    // As in Traefik, a server without weight is not there.
    return url === undefined || (weight !== undefined && weight <= 0) ? undefined : { url, weight };
  }

  #readUrl(
    path: readonly string[],
    node: unknown,
    { url, preserve }: Readonly<Record<'url' | 'preserve', MapEntry | undefined>>,
  ): string | undefined {
    const text = url === undefined ? undefined : textOf(url.value)?.trim();
    if (text === undefined || text === '') {
      this.#fail(path, offsetOf(node), 'the server has no URL', 'write url: http://10.0.0.7:8080');
      return undefined;
    }
    const service = path.slice(0, -1);
    const isPreserved = preserve !== undefined && textOf(preserve.value)?.toLowerCase() === 'true';
    if (isPreserved) this.#note([...service, 'server', 'preservepath'], preserve);
    const [base = text, rest = ''] = splitPath(text);
    if (rest === '' || rest === '/') return text;
    if (isPreserved) {
      const hint = 'write the URL without a path, and add it with an addPrefix middleware';
      this.#fail([...path, 'url'], url!.offset, `the path ${rest} cannot be kept, so this server is left out`, hint);
      return undefined;
    }
    // Without preservePath it has no meaning in Traefik either.
    return base;
  }

  #readWeight(path: readonly string[], entry: MapEntry | undefined): number | undefined {
    if (entry === undefined) return undefined;
    const text = textOf(entry.value) ?? '';
    const weight = parseInteger(text);
    if (weight === undefined) this.#fail(path, entry.offset, `"${text}" is not a whole number`, 'write weight: 2');
    return weight;
  }

  /** An option of a server that labels have, too: the table says what becomes of it. */
  #note(path: readonly string[], { value, offset }: MapEntry): void {
    this.#options.put(path, textOf(value) ?? '', this.#lineOf(offset));
  }
}

/** A URL's beginning and its path. */
function splitPath(url: string): readonly string[] {
  const match = /^([a-z0-9]+:\/\/[^/?#]*)(.*)$/is.exec(url);
  return match === null ? [url] : [match[1] ?? '', match[2] ?? ''];
}
