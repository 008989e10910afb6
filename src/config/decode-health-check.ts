import { parseHostname } from '../lib/hostname.ts';
import { parseDuration } from '../lib/duration.ts';
import { decodeFields } from './decode-fields.ts';
import type { HealthCheckConfig, ServerScheme } from './dynamic.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import { parseBoolean, parseInteger, parseList } from './label-value.ts';
import { quoteText } from './quote-value.ts';
import { rightValue } from './right-value.ts';
import { meantBoolean } from './value-hints.ts';

/** What holds where labels say nothing, and where they say it. */
interface Form {
  /** Stands before every key. */
  readonly prefix: string;
  readonly hostKey: string;
  readonly followRedirects: boolean;
  readonly intervalMs: number;
  readonly fall: number;
  readonly rise: number;
}

/** As in Traefik, which takes a server out with the first failure and back with the first pass. */
const FULL_FORM: Form = {
  prefix: 'loadbalancer.healthcheck.',
  hostKey: 'hostname',
  followRedirects: true,
  intervalMs: 30_000,
  fall: 1,
  rise: 1,
};
const SHORTHAND: Form = {
  prefix: 'health.',
  hostKey: 'host',
  followRedirects: false,
  intervalMs: 10_000,
  fall: 3,
  rise: 2,
};

const TIMEOUT_MS = 5_000;
/** More often than this a check is load, not a question. */
const SHORTEST_INTERVAL_MS = 100;
const LONGEST_MS = 86_400_000;
const MAX_PATH = 2_000;
/** More are no question of a person, and every worker would carry them. */
const MAX_HEADERS = 50;
const HEALTHY: HealthCheckConfig['status'] = [[200, 399]];

/** The active check that labels of a full-form service ask for; undefined: none. No fault of it costs anybody the service. */
export function decodeHealthCheck(group: LabelGroup): HealthCheckConfig | undefined {
  const mode = rightValue(group, group.find('loadbalancer.healthcheck.mode'))?.toLowerCase();
  if (mode === 'grpc') return decodeGrpc(group, FULL_FORM);
  return decodeHttp(group, FULL_FORM, group.find('loadbalancer.healthcheck.path'));
}

/** The same of the shorthand's service: `sluice.health` is the path, or the word `tcp` or `grpc`. */
export function decodeSiteHealthCheck(group: LabelGroup): HealthCheckConfig | undefined {
  const short = group.find('health');
  const path = group.find('health.path');
  if (short !== undefined && path !== undefined && short.value.trim() !== path.value.trim()) {
    const hint = 'remove one of the two';
    group.warn({
      code: 'label_conflict',
      label: path.label,
      message: `${short.label} says otherwise and counts`,
      hint,
    });
  }
  const mode = rightValue(group, group.find('health.mode'))?.toLowerCase();
  const word = short?.value.trim().toLowerCase();
  if (mode === 'tcp' || word === 'tcp') return decodeTcp(group);
  if (mode === 'grpc' || word === 'grpc') return decodeGrpc(group, SHORTHAND);
  return decodeHttp(group, SHORTHAND, short ?? path);
}

function decodeTcp(group: LabelGroup): HealthCheckConfig {
  const port = integer(group, 'health.port');
  return {
    mode: 'tcp',
    path: '',
    method: '',
    ...(port === undefined ? {} : { port }),
    status: [],
    headers: [],
    followRedirects: false,
    ...decodeTimes(group, SHORTHAND),
  };
}

/** gRPC's health protocol: the server as a whole is asked, and what is said of requests has no meaning. */
function decodeGrpc(group: LabelGroup, form: Form): HealthCheckConfig {
  return {
    mode: 'grpc',
    path: '',
    method: '',
    ...decodePlace(group, form),
    status: [],
    headers: [],
    followRedirects: false,
    ...decodeTimes(group, form),
  };
}

function decodePlace(group: LabelGroup, form: Form): Pick<HealthCheckConfig, 'scheme' | 'host' | 'port'> {
  const { prefix } = form;
  const scheme = rightValue(group, group.find(`${prefix}scheme`))?.toLowerCase() as ServerScheme | undefined;
  const host = decodeHost(group, group.find(prefix + form.hostKey));
  const port = integer(group, `${prefix}port`);
  return {
    ...(scheme === undefined ? {} : { scheme }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  };
}

function decodeHttp(group: LabelGroup, form: Form, setting: Setting | undefined): HealthCheckConfig | undefined {
  if (setting === undefined) {
    missingPath(group, form);
    return undefined;
  }
  const path = decodePath(group, setting, form);
  if (path === undefined) return undefined;
  const { prefix } = form;
  const place = decodePlace(group, form);
  const follows = rightValue(group, group.find(`${prefix}followredirects`));
  return {
    mode: 'http',
    path,
    method: decodeMethod(group, group.find(`${prefix}method`)),
    ...place,
    status: decodeStatus(group, group.find(`${prefix}status`)),
    headers: decodeHeaders(group, form),
    followRedirects: follows === undefined ? form.followRedirects : (parseBoolean(follows) ?? form.followRedirects),
    ...decodeTimes(group, form),
  };
}

function decodeTimes(
  group: LabelGroup,
  form: Form,
): Pick<HealthCheckConfig, 'intervalMs' | 'unhealthyIntervalMs' | 'timeoutMs' | 'fall' | 'rise'> {
  const { prefix } = form;
  const intervalMs = duration(group, `${prefix}interval`, SHORTEST_INTERVAL_MS) ?? form.intervalMs;
  return {
    intervalMs,
    unhealthyIntervalMs: duration(group, `${prefix}unhealthyinterval`, SHORTEST_INTERVAL_MS) ?? intervalMs,
    timeoutMs: duration(group, `${prefix}timeout`, 1) ?? TIMEOUT_MS,
    fall: integer(group, `${prefix}fall`) ?? form.fall,
    rise: integer(group, `${prefix}rise`) ?? form.rise,
  };
}

/** Options of a check without the one thing that makes it a check. */
function missingPath(group: LabelGroup, { prefix }: Form): void {
  const stray = group.settings.find(({ option }) => option.key.startsWith(prefix));
  if (stray === undefined) return;
  const asked = prefix === SHORTHAND.prefix ? 'sluice.health=/path, or sluice.health=tcp' : `….${prefix}path=/path`;
  const message = 'nothing is checked: no label says which path is asked';
  group.error({ code: 'label_conflict', label: stray.label, message, hint: `add ${asked}; or remove this label` });
}

function decodePath(group: LabelGroup, setting: Setting, { prefix }: Form): string | undefined {
  const path = setting.value.trim();
  // A second slash would begin a host, and what is behind # is never sent.
  if (/^\/(?!\/)[!-~]*$/.test(path) && !path.includes('#') && path.length <= MAX_PATH) return path;
  const isShort = prefix === SHORTHAND.prefix;
  const isUrl = /^\w*:?\/\//.test(path);
  const example =
    isShort && !isUrl ? 'write a path such as /health, or tcp' : 'write a path with one / in front: /health';
  const hint = path === '' || meantBoolean(path) === false ? 'remove the label' : example;
  const message = `${quoteText(path)} is not a path, so nothing is checked`;
  group.error({ code: 'label_value', label: setting.label, message, hint });
  return undefined;
}

function decodeMethod(group: LabelGroup, setting: Setting | undefined): string {
  if (setting === undefined) return 'GET';
  const method = setting.value.trim().toUpperCase();
  if (/^[A-Z][A-Z-]{0,30}$/.test(method) && method !== 'CONNECT') return method;
  wrong(group, setting, 'is not a method that can be asked with', 'write GET, HEAD or another method of the app');
  return 'GET';
}

function decodeHost(group: LabelGroup, setting: Setting | undefined): string | undefined {
  if (setting === undefined) return undefined;
  const text = setting.value.trim();
  const [, name = '', port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = parseHostname(name.replace(/^\[(.*)\]$/, '$1'));
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  if (host !== undefined && !host.startsWith('*') && isPort) {
    return `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
  }
  wrong(group, setting, 'is not a host', 'write a host name such as example.com, without scheme and path');
  return undefined;
}

function decodeStatus(group: LabelGroup, setting: Setting | undefined): HealthCheckConfig['status'] {
  const text = rightValue(group, setting);
  if (text === undefined || text === '') return HEALTHY;
  return parseList(text).map((item) => {
    const [from, to = from] = item.split('-').map(Number);
    return [from!, to!];
  });
}

function decodeHeaders(group: LabelGroup, { prefix, hostKey }: Form): HealthCheckConfig['headers'] {
  const key = `${prefix}headers.<header>`;
  const written = group.settings.filter(({ option }) => option.key === key);
  const isHost = ({ names }: Setting): boolean => names.at(-1)?.toLowerCase() === 'host';
  for (const { label, value } of written.filter(isHost)) {
    const own = label.slice(0, label.toLowerCase().lastIndexOf('headers.')) + hostKey;
    const hint = `write ${own}=${value.trim() || 'example.com'}`;
    group.error({ code: 'label_value', label, message: 'the Host has a label of its own', hint });
  }
  const settings = written.filter((setting) => !isHost(setting)).slice(0, MAX_HEADERS);
  const fields = decodeFields({ settings, fail: group.error.bind(group) }, key, 'request');
  return fields.filter(([, value]) => value !== '');
}

/** Milliseconds; undefined: not said, or wrong. */
function duration(group: LabelGroup, key: string, shortestMs: number): number | undefined {
  const setting = group.find(key);
  const ms = parseDuration(rightValue(group, setting) ?? '');
  if (setting === undefined || ms === undefined) return undefined;
  if (ms >= shortestMs && ms <= LONGEST_MS) return Math.round(ms);
  const hint = ms > LONGEST_MS ? 'write 24h or less' : `write ${shortestMs}ms or more`;
  wrong(group, setting, ms > LONGEST_MS ? 'is longer than a day' : 'is too short', hint);
  return undefined;
}

/** Undefined: not said, or wrong. */
function integer(group: LabelGroup, key: string): number | undefined {
  const text = rightValue(group, group.find(key));
  return text === undefined ? undefined : parseInteger(text);
}

function wrong(group: LabelGroup, { label, value }: Setting, message: string, hint: string): void {
  group.error({ code: 'label_value', label, message: `${quoteText(value)} ${message}`, hint });
}
