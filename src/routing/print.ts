import type {
  BalanceConfig,
  HealthCheckConfig,
  ServerConfig,
  StickyConfig,
  TransportConfig,
} from '../config/dynamic.ts';
import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { Problem } from '../config/problem.ts';
import { formatDuration } from '../lib/duration.ts';
import { printComposed } from './print-composed.ts';
import { printTlsPolicy } from './print-tls-policy.ts';
import { printMiddleware } from './print-middleware.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot, WantedCertificate } from './snapshot.ts';

/** A snapshot as text, in the order of precedence: for goldens, `sluice routes` and the admin page. Stable. */
export function printSnapshot({ routers, services, transports, tlsOptions = {} }: Snapshot): string {
  const ways = Object.entries(transports).map(([name, transport]) => printTransport(name, transport));
  const policies = Object.entries(tlsOptions).map(([name, policy]) => printTlsPolicy(name, policy));
  return (
    section('routers', routers.map(printRouter)) +
    section('services', services.map(printService)) +
    (ways.length === 0 ? '' : section('transports', ways)) +
    (policies.length === 0 ? '' : section('TLS options', policies))
  );
}

/** Certificates as text, one a line. */
export function printWanted(wanted: readonly WantedCertificate[]): string {
  return section(
    'certificates',
    wanted.map(({ names, issuer, routers }) => `${names.join(' ')}  ${issuer}  for ${routers.join(', ')}`),
  );
}

/** Problems as text: what, where, and how to mend it. */
export function printProblems(problems: readonly Problem[]): string {
  return section('problems', problems.map(printProblem));
}

function section(title: string, items: readonly string[]): string {
  if (items.length === 0) return `${title}: none\n`;
  const lines = items.flatMap((item) => item.split('\n'));
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function printRouter(router: RouterSnapshot): string {
  const { name, rule, priority, entrypoints, tls, tlsOptions, middlewares, service, disabled } = router;
  const lines = [`${name}  ${entrypoints.join(',')}  ${tls ? 'tls' : 'plain'}  priority ${priority}`, `  ${rule}`];
  if (tlsOptions !== undefined) lines.push(`  clients with ${tlsOptions}`);
  for (const middleware of middlewares) lines.push(`  via ${middleware.name}  ${printMiddleware(middleware.options)}`);
  lines.push(`  to ${service}`);
  if (disabled !== undefined) lines.push(`  disabled: ${disabled}`);
  return lines.join('\n');
}

function printService({
  name,
  servers,
  passHostHeader,
  transport,
  balance,
  sticky,
  composed,
}: ServiceSnapshot): string {
  const head = passHostHeader ? name : `${name}  host of the server`;
  const lines = transport === undefined ? [] : [`  over ${transport}`];
  if (balance !== undefined) lines.push(`  ${printBalance(balance)}`);
  if (sticky !== undefined) lines.push(`  ${printSticky(sticky)}`);
  if (composed !== undefined) lines.push(`  ${printComposed(composed)}`);
  if (composed?.kind === 'weighted' && composed.sticky !== undefined) lines.push(`  ${printSticky(composed.sticky)}`);
  const check = servers[0]?.check;
  if (check !== undefined) lines.push(`  ${printCheck(check)}`);
  return [head, ...lines, ...servers.map(printServer)].join('\n');
}

function printBalance({ strategy, key, slowStartMs }: BalanceConfig): string {
  const of = key === undefined ? '' : ` of the ${key.from} ${key.name}`;
  return `by ${strategy}${of}${slowStartMs === 0 ? '' : `  slow start ${formatDuration(slowStartMs)}`}`;
}

/** Names of fields only: their values may be secret. */
function printCheck(check: HealthCheckConfig): string {
  const { mode, method, path, scheme, host, port, status, headers, followRedirects } = check;
  const { intervalMs, unhealthyIntervalMs, timeoutMs, fall, rise } = check;
  const passing = status.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
  const parts = [
    mode === 'http' ? `${method} ${path} for ${passing}` : mode === 'tcp' ? 'by connecting' : 'by gRPC',
    ...(scheme === undefined ? [] : [`over ${scheme}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(host === undefined ? [] : [`host ${host}`]),
    ...headers.map(([name]) => `with ${name}`),
    ...(followRedirects ? ['follows redirects'] : []),
    `every ${formatDuration(intervalMs)}`,
    ...(unhealthyIntervalMs === intervalMs ? [] : [`down every ${formatDuration(unhealthyIntervalMs)}`]),
    `timeout ${formatDuration(timeoutMs)}`,
    `fall ${fall}`,
    `rise ${rise}`,
  ];
  return `checked ${parts.join('  ')}`;
}

function printSticky({ name, path, domain, maxAge, secure, httpOnly, sameSite }: StickyConfig): string {
  const parts = [
    `sticky by the cookie ${name ?? 'of its name'}`,
    ...(path === '/' ? [] : [`path ${path}`]),
    ...(domain === undefined ? [] : [`domain ${domain}`]),
    ...(maxAge === undefined ? [] : [`for ${maxAge} s`]),
    ...(secure === undefined ? [] : [secure ? 'secure' : 'not secure']),
    ...(httpOnly ? [] : ['for scripts']),
    ...(sameSite === 'lax' ? [] : [`same site ${sameSite}`]),
  ];
  return parts.join('  ');
}

function printTransport(name: string, { tls, timeouts, maxIdle, disableHttp2 }: TransportConfig): string {
  const { connectMs, responseHeadMs, responseIdleMs, idleMs, silenceMs, pingMs } = timeouts;
  const [connect, head, body, idle] = [connectMs, responseHeadMs, responseIdleMs, idleMs].map(formatDuration);
  const lines = [name, `  connect ${connect}  head ${head}  body ${body}  idle ${idle}  keeps ${maxIdle}`];
  if (tls.serverName !== undefined) lines.push(`  certificate for ${tls.serverName}`);
  if (tls.rootCAs !== undefined) lines.push(`  trusts ${tls.rootCAs.split('-----BEGIN').length - 1} own roots`);
  if (tls.insecureSkipVerify) lines.push('  certificates not checked');
  if (disableHttp2 === true) lines.push('  no HTTP/2');
  const usual = DEFAULT_TRANSPORT.timeouts;
  if (silenceMs !== usual.silenceMs || pingMs !== usual.pingMs)
    lines.push(`  asks after ${formatDuration(silenceMs)}  waits ${formatDuration(pingMs)}`);
  return lines.join('\n');
}

function printServer({ id, scheme, host, port, container, health, weight = 1 }: ServerConfig): string {
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const facts = [container, ...(weight === 1 ? [] : [`weight ${weight}`]), ...(health === 'none' ? [] : [health])];
  return `  ${url}  ${facts.join('  ')}${id === url ? '' : `  (${id})`}`;
}

function printProblem(problem: Problem): string {
  const { severity, code, container, object, label, column, message, hint } = problem;
  const place = [container, object, label, column === undefined ? undefined : `column ${column}`];
  const where = place.filter((part) => part !== undefined).join(' · ');
  return `${severity} ${code}  ${where}\n  ${message}\n  → ${hint}`;
}
