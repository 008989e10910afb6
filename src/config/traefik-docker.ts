import { type Constraint, parseConstraint } from './constraints.ts';
import { environmentNames, parseTemplate } from './go-template.ts';
import type { DefaultRuleTemplate, DockerTls } from './static-config.ts';
import type { TraefikValue } from './static-sources.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

/** What Traefik's options say about the Docker provider. Undefined: not said. */
export interface TraefikDocker {
  readonly endpoint: string | undefined;
  readonly exposedByDefault: boolean;
  readonly network: string | undefined;
  readonly useBindPortIp: boolean;
  readonly constraint: Constraint | undefined;
  readonly defaultRule: DefaultRuleTemplate | undefined;
  readonly tls: DockerTls | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

const DOCKER = 'providers.docker.';

/** Reads `providers.docker.*` (traefik-static.md section 5); undefined: the provider is off. `env` is for the default rule. */
export function readTraefikDocker(
  options: TraefikOptionValues,
  env: Env,
  report: StaticReport,
): TraefikDocker | undefined {
  const isOn = options.isOn('providers.docker');
  if (options.bool(`${DOCKER}watch`) === false) {
    const { source } = options.get(`${DOCKER}watch`)!;
    report.notices.push(`${source}: accepted without effect: changes of containers are always followed`);
  }
  if (options.bool(`${DOCKER}allowemptyservices`) === false) {
    const { source } = options.get(`${DOCKER}allowemptyservices`)!;
    const held = 'routers of starting and unhealthy containers stay and answer 503';
    report.notices.push(`${source}: accepted without effect: ${held}`);
  }
  const docker = {
    endpoint: options.text(`${DOCKER}endpoint`),
    exposedByDefault: options.bool(`${DOCKER}exposedbydefault`) ?? true,
    network: options.text(`${DOCKER}network`),
    useBindPortIp: options.bool(`${DOCKER}usebindportip`) ?? false,
    constraint: readConstraint(options.get(`${DOCKER}constraints`), report),
    defaultRule: readDefaultRule(options.get(`${DOCKER}defaultrule`), env, report),
    tls: readTls(options, report),
    login: readLogin(options, report),
  };
  return isOn ? docker : undefined;
}

function readConstraint(value: TraefikValue | undefined, { problems }: StaticReport): Constraint | undefined {
  if (value === undefined || value.text.trim() === '') return undefined;
  const constraint = parseConstraint(value.text);
  if (!('message' in constraint)) return constraint;
  const { column, message, hint } = constraint;
  problems.push(`${value.source}: column ${column}: ${message}; ${hint}`);
  return undefined;
}

function readDefaultRule(
  value: TraefikValue | undefined,
  env: Env,
  { problems }: StaticReport,
): DefaultRuleTemplate | undefined {
  if (value === undefined) return undefined;
  const template = parseTemplate(value.text);
  if ('message' in template) {
    problems.push(`${value.source}: column ${template.column}: ${template.message}; ${template.hint}`);
    return undefined;
  }
  const named = environmentNames(template);
  return { template, env: Object.fromEntries(named.map((name) => [name, env[name] ?? ''])) };
}

function readTls(options: TraefikOptionValues, { problems }: StaticReport): DockerTls | undefined {
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => options.get(`${DOCKER}tls.${name}`));
  const isUnverified = options.bool(`${DOCKER}tls.insecureskipverify`) === true;
  if (isUnverified) {
    const { source } = options.get(`${DOCKER}tls.insecureskipverify`)!;
    problems.push(`${source}: not supported: who controls the engine controls this machine; name its CA with tls.ca`);
  }
  const single = cert === undefined ? key : key === undefined ? cert : undefined;
  if (single !== undefined) problems.push(`${single.source}: a certificate and its key belong together; add the other`);
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { ca: ca?.text, cert: cert?.text, key: key?.text };
}

function readLogin(options: TraefikOptionValues, { problems }: StaticReport): TraefikDocker['login'] {
  const username = options.get(`${DOCKER}username`);
  const password = options.get(`${DOCKER}password`);
  if (username !== undefined && password !== undefined) return { username: username.text, password: password.text };
  const single = username ?? password;
  if (single !== undefined)
    problems.push(`${single.source}: a user name and a password belong together; add the other`);
  return undefined;
}
