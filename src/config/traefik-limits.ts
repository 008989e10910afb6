import { formatDuration } from '../lib/duration.ts';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS as DEFAULTS } from './client-limits.ts';
import type { TraefikValue } from './static-sources.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';
import { LONGEST_MS } from './transport-deadline.ts';

/** What Traefik's options of entrypoints say about connections of clients, and how long a stop waits. */
export interface TraefikLimits {
  readonly limits: ClientLimits;
  readonly graceMs: number | undefined;
}

const TRANSPORT = 'entrypoints.<entrypoint>.transport.';
const TIMEOUTS = `${TRANSPORT}respondingtimeouts.`;
const SECOND = 1000;
const MAX_REQUESTS = 1_000_000;
const MAX_HEAD = 1_048_576;

/**
 * Maps time-outs and bounds as far as ours mean the same (rules T). Ours hold for every entrypoint, so of unlike values the widest
 * counts; Traefik's 0 means none, which we do not have, and a notice says what holds instead.
 */
export function readTraefikLimits(options: TraefikOptionValues, report: StaticReport): TraefikLimits {
  const reader = new LimitsReader(options, report);
  return {
    limits: {
      ...DEFAULTS,
      ...reader.readTimeout(),
      ...reader.writeTimeout(),
      ...reader.idleTimeout(),
      ...reader.requests(),
      ...reader.head(),
    },
    graceMs: reader.grace(),
  };
}

class LimitsReader {
  readonly #options: TraefikOptionValues;
  readonly #notices: string[];

  constructor(options: TraefikOptionValues, { notices }: StaticReport) {
    this.#options = options;
    this.#notices = notices;
  }

  /** T4 and T5. Traefik counts the whole request, which cuts long uploads; here each pause of a body counts. */
  readTimeout(): Partial<ClientLimits> {
    const widest = this.#widestTime(`${TIMEOUTS}readtimeout`);
    if (widest === undefined) return {};
    const { ms, source } = widest;
    if (ms === 0) {
      const held = `a head still has ${formatDuration(DEFAULTS.headMs)}, a pause of a body ${formatDuration(DEFAULTS.bodyIdleMs)}`;
      this.#notices.push(`${source}: a request as a whole has no time-out here either; ${held}`);
      return {};
    }
    this.#notices.push(
      `${source}: it counts for the head (10s at most) and each pause of a body, not the whole request`,
    );
    const bodyIdleMs = Math.max(SECOND, ms);
    return { headMs: Math.min(DEFAULTS.headMs, bodyIdleMs), bodyIdleMs };
  }

  /** T14. */
  writeTimeout(): Partial<ClientLimits> {
    const widest = this.#widestTime(`${TIMEOUTS}writetimeout`);
    if (widest === undefined) return {};
    const { ms, source } = widest;
    const stallMs = ms === 0 ? DEFAULTS.stallMs : Math.max(SECOND, ms);
    const held = `a client that reads nothing of its response for ${formatDuration(stallMs)} is ended`;
    this.#notices.push(`${source}: a response as a whole has no time-out here; ${held}`);
    return { stallMs };
  }

  /** T7. */
  idleTimeout(): Partial<ClientLimits> {
    const widest = this.#widestTime(`${TIMEOUTS}idletimeout`);
    if (widest === undefined) return {};
    if (widest.ms === 0) this.#notices.push(`${widest.source}: an idle connection is kept for a day at most`);
    return { keepAliveMs: widest.ms === 0 ? LONGEST_MS : Math.max(SECOND, widest.ms) };
  }

  /** T8. */
  requests(): Partial<ClientLimits> {
    const widest = this.#widestNumber(`${TRANSPORT}keepalivemaxrequests`);
    return widest === undefined ? {} : { requests: Math.min(widest.number || MAX_REQUESTS, MAX_REQUESTS) };
  }

  /** T1, and T2 in proportion. */
  head(): Partial<ClientLimits> {
    const widest = this.#widestNumber('entrypoints.<entrypoint>.http.maxheaderbytes');
    if (widest === undefined) return {};
    const headBytes = Math.min(MAX_HEAD, Math.max(1024, widest.number || MAX_HEAD));
    if (headBytes !== widest.number) this.#notices.push(`${widest.source}: a head may have ${headBytes} bytes here`);
    return { headBytes, requestLineBytes: Math.max(256, Math.floor(headBytes / 2)) };
  }

  grace(): number | undefined {
    return this.#widestTime(`${TRANSPORT}lifecycle.gracetimeout`, false)?.ms;
  }

  /** `noneIsWide`: 0 is no bound at all. */
  #widestTime(path: string, noneIsWide = true): { readonly ms: number; readonly source: string } | undefined {
    const read = this.#options.all(path).flatMap((value) => {
      const ms = this.#options.durationMs(value);
      return ms === undefined ? [] : [{ value, size: ms }];
    });
    const widest = this.#widest(read, noneIsWide);
    return widest === undefined ? undefined : { ms: widest.size, source: widest.value.source };
  }

  #widestNumber(path: string): { readonly number: number; readonly source: string } | undefined {
    const read = this.#options.all(path).flatMap((value) => {
      const number = this.#options.int(value, 0, Number.MAX_SAFE_INTEGER);
      return number === undefined ? [] : [{ value, size: number }];
    });
    const widest = this.#widest(read, true);
    return widest === undefined ? undefined : { number: widest.size, source: widest.value.source };
  }

  #widest(read: readonly Sized[], noneIsWide: boolean): Sized | undefined {
    const width = ({ size }: Sized): number => (size === 0 && noneIsWide ? Infinity : size);
    const [widest] = read.toSorted((left, right) => width(right) - width(left));
    const isUnlike = read.some(({ size }) => size !== widest?.size);
    if (widest !== undefined && isUnlike) {
      this.#notices.push(`${widest.value.source}: entrypoints have one value here; ${widest.value.text} holds for all`);
    }
    return widest;
  }
}

interface Sized {
  readonly value: TraefikValue;
  readonly size: number;
}
