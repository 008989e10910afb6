import { parseHostname } from '../lib/hostname.ts';
import { parseDuration } from '../lib/duration.ts';
import { parseIpAddress, parseIpNetwork } from '../lib/ip-address.ts';
import { parseInteger, parseList } from './label-value.ts';
import { parseListenAddress } from './listen-address.ts';
import type { ListenAddress } from './static-config.ts';
import type { StaticValue } from './static-sources.ts';
import { durationFault, numberFault, type TextFault, wordHint } from './value-hints.ts';

/** A timer set for longer than 24 days would fire at once. */
const DAY_MS = 86_400_000;

/** Reads our own options by type. A fault is added to the problems and reads as not said. */
export class OwnOptions {
  readonly #values: ReadonlyMap<string, StaticValue>;
  readonly #problems: string[];

  constructor(values: ReadonlyMap<string, StaticValue>, problems: string[]) {
    this.#values = values;
    this.#problems = problems;
  }

  get(name: string): StaticValue | undefined {
    return this.#values.get(name);
  }

  text(name: string): string | undefined {
    return this.get(name)?.text;
  }

  list(name: string): readonly string[] | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseList(text);
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const wanted = value.text.trim().toLowerCase();
    const word = words.find((candidate) => candidate === wanted);
    if (word === undefined) this.fail(value, 'is not one of its values', wordHint(wanted, words));
    return word;
  }

  /** Names of hosts or domains, each judged. */
  hostnames(name: string): readonly string[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const items = parseList(value.text);
    const names = items.flatMap((item) => (item.startsWith('*') ? [] : (parseHostname(item) ?? [])));
    if (names.length === items.length) return names;
    this.fail(value, 'is not a list of names', 'write example.com, several with commas');
    return undefined;
  }

  httpUrl(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || (/^https?:\/\//i.test(value.text) && URL.canParse(value.text))) return value?.text;
    this.fail(value, 'is not a URL', 'write http://app:8080/allowed');
    return undefined;
  }

  /** One or more addresses; `off` is the empty list. */
  addresses(name: string): readonly ListenAddress[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (value.text.trim().toLowerCase() === 'off') return [];
    const items = parseList(value.text);
    const addresses = items.flatMap((item) => parseListenAddress(item) ?? []);
    if (items.length > 0 && addresses.length === items.length) return addresses;
    this.fail(value, 'is not an address', 'write :80, 127.0.0.1:8080, [::1]:80, several with commas, or off');
    return undefined;
  }

  int(name: string, min: number, max: number): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const number = parseInteger(value.text);
    if (number !== undefined && number >= min && number <= max) return number;
    this.#failText(value, numberFault(value.text, min, max));
    return undefined;
  }

  durationMs(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const ms = parseDuration(value.text);
    if (ms === undefined) this.#failText(value, durationFault(value.text));
    else if (ms > DAY_MS) this.fail(value, 'is longer than a day', 'write 24h or less');
    return ms;
  }

  /** A duration of a second or more: time-outs are counted in whole seconds, and there is none without end. */
  deadlineMs(name: string): number | undefined {
    const ms = this.durationMs(name);
    if (ms !== undefined && ms < 1000) this.fail(this.get(name)!, 'is shorter than a second', 'write 1s or more');
    return ms;
  }

  hostname(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const host = parseHostname(value.text.replace(/^\*?\./, ''));
    if (host === undefined) this.fail(value, 'is not a domain', 'write example.com');
    return host;
  }

  networks(name: string): readonly string[] | undefined {
    return this.#checkedList(name, (item) => parseIpNetwork(item) !== undefined, {
      message: 'is not a network',
      hint: 'write 10.0.0.0/8 or 192.0.2.1',
    });
  }

  ipAddresses(name: string): readonly string[] | undefined {
    return this.#checkedList(name, (item) => parseIpAddress(item) !== undefined, {
      message: 'is not an address',
      hint: 'write 192.0.2.1 or 2001:db8::1',
    });
  }

  /** `ip` or `ip:port`, IPv6 with a port in brackets. */
  nameServers(name: string): readonly string[] | undefined {
    const isServer = (item: string): boolean =>
      parseIpAddress(item.replace(/^\[(.*)\](:\d+)?$/, '$1')) !== undefined ||
      parseIpAddress(item.replace(/:\d{1,5}$/, '')) !== undefined;
    return this.#checkedList(name, isServer, { message: 'is not a DNS server', hint: 'write 1.1.1.1 or 1.1.1.1:53' });
  }

  fail(value: StaticValue, message: string, hint: string): void {
    this.#problems.push(`${value.source}: "${value.text}" ${message}; ${hint}`);
  }

  #failText(value: StaticValue, { message, hint }: TextFault): void {
    this.fail(value, message, hint);
  }

  #checkedList(name: string, isRight: (item: string) => boolean, fault: TextFault): readonly string[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const items = parseList(value.text);
    for (const item of items) {
      if (!isRight(item)) this.fail({ ...value, text: item }, fault.message, fault.hint);
    }
    return items;
  }
}
