import type { DynamicConfig, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { ReadRootCas } from '../config/root-cas.ts';
import {
  DEFAULT_TLS_OPTIONS,
  DEFAULT_TLS_POLICY,
  isDefaultTlsOptions,
  type TlsOptions,
  type TlsOptionsConfig,
  type TlsPolicy,
} from '../config/tls-options.ts';
import { nearest } from '../lib/suggest.ts';
import { routerProblem } from './router-problem.ts';

/** The TLS options of a router: their name in the snapshot (undefined: the default ones), and why it must not serve with them. */
export interface RouterTlsOptions {
  readonly name: string | undefined;
  readonly fault: string | undefined;
}

/**
 * Finds the TLS options that routers name, with defaults filled in and roots of clients read. Where they are missing or cannot work
 * the router must not serve, and connections for its hosts are refused (traefik-labels.md section 7).
 */
export class TlsOptionsResolver {
  readonly problems: Problem[] = [];
  readonly #defined: ReadonlyMap<string, TlsOptionsConfig>;
  readonly #base: TlsOptions;
  readonly #readRootCas: ReadRootCas;
  readonly #policies = new Map<string, TlsPolicy>();
  readonly #default: TlsPolicy;

  /** `base`: what static options say where the options themselves do not. */
  constructor({ tlsOptions = [] }: DynamicConfig, base: TlsOptions | undefined, readRootCas: ReadRootCas) {
    this.#defined = new Map(tlsOptions.map((one) => [one.name, one]));
    this.#base = base ?? {};
    this.#readRootCas = readRootCas;
    this.#default = this.#defaultPolicy();
    for (const one of tlsOptions) if (isStrayDefault(one)) this.#report(one, 'warning', 'not_acted_on', STRAY_DEFAULT);
  }

  resolve(router: RouterConfig, ofEntrypoint: string | undefined): RouterTlsOptions {
    const said = router.tlsOptions ?? ofEntrypoint ?? DEFAULT_TLS_OPTIONS;
    if (isDefaultTlsOptions(said)) return { name: undefined, fault: this.#default.refused };
    const name = said.includes('@') ? said : `${said}@${router.provider}`;
    const found = this.#defined.get(name);
    const label = router.labels.tlsOptions;
    if (found === undefined) {
      const fault = this.#missing(name);
      this.problems.push(routerProblem(router, { severity: 'error', code: 'tls_options_missing', ...fault }, label));
      return this.#refuse(name, fault.message);
    }
    const { options } = found;
    if ('unusable' in options) {
      const message = `the TLS options ${name} cannot work: ${options.unusable}`;
      const fault = { severity: 'error', code: 'tls_options_missing', message, hint: 'mend the options' } as const;
      // What a router says itself of its clients has been told of with its labels.
      if (label !== undefined) this.problems.push(routerProblem(router, fault, label));
      return this.#refuse(name, message);
    }
    const policy = this.#policies.getOrInsertComputed(name, () => this.#complete(name, found, options));
    return { name: policy.id === '' ? undefined : name, fault: policy.refused };
  }

  get defaultPolicy(): TlsPolicy {
    return this.#default;
  }

  policyOf(name: string | undefined): TlsPolicy {
    return (name === undefined ? undefined : this.#policies.get(name)) ?? this.#default;
  }

  /** What the snapshot has to hold: all that are in use, and the default ones where they are not as built in. */
  used(names: Iterable<string>): Readonly<Record<string, TlsPolicy>> {
    const used: Record<string, TlsPolicy> = {};
    if (JSON.stringify(this.#default) !== JSON.stringify(DEFAULT_TLS_POLICY)) used[DEFAULT_TLS_OPTIONS] = this.#default;
    for (const name of [...new Set(names)].sort()) used[name] = this.policyOf(name);
    return used;
  }

  #defaultPolicy(): TlsPolicy {
    const found = this.#defined.get(`${DEFAULT_TLS_OPTIONS}@file`);
    if (found === undefined) return this.#policy(DEFAULT_TLS_OPTIONS, {}, undefined);
    const { options } = found;
    if ('unusable' in options) {
      const message = `the default TLS options cannot work: ${options.unusable}`;
      return { ...DEFAULT_TLS_POLICY, id: DEFAULT_TLS_OPTIONS, refused: message };
    }
    return this.#complete(DEFAULT_TLS_OPTIONS, found, options);
  }

  #complete(name: string, owner: TlsOptionsConfig, options: TlsOptions): TlsPolicy {
    if (name !== DEFAULT_TLS_OPTIONS) this.#warnUnheeded(owner, options);
    const pems: string[] = [];
    for (const source of options.clientAuth?.ca ?? []) {
      const read = this.#readRootCas(source);
      if ('pem' in read) pems.push(read.pem);
      else return this.#unreadable(name, owner, read);
    }
    return this.#policy(name, options, pems.join(''));
  }

  #policy(name: string, options: TlsOptions, caPem: string | undefined): TlsPolicy {
    const { clientAuth, ...said } = { ...this.#base, ...options };
    const policy = { ...DEFAULT_TLS_POLICY, ...said };
    const { maxVersion, minVersion } = policy;
    const asks = clientAuth === undefined ? {} : { clientAuth: authPolicy(clientAuth, caPem ?? '') };
    const whole = { ...policy, maxVersion: maxVersion < minVersion ? minVersion : maxVersion, ...asks };
    // Connections stay in use while the default options change, as long as nobody has to show anything.
    const isDefault = name === DEFAULT_TLS_OPTIONS ? clientAuth === undefined : isLike(whole, this.#default);
    // The text itself and no hash of it: whoever writes labels must not be able to make two of the same.
    return isDefault ? whole : { ...whole, id: JSON.stringify(whole) };
  }

  #unreadable(
    name: string,
    owner: TlsOptionsConfig,
    fault: { readonly message: string; readonly hint: string },
  ): TlsPolicy {
    this.#report(owner, 'error', 'ca_unusable', fault);
    return { ...DEFAULT_TLS_POLICY, id: name, refused: `the roots of clients cannot be used: ${fault.message}` };
  }

  /** Versions and groups are agreed on before it is known which options a client gets. */
  #warnUnheeded(owner: TlsOptionsConfig, options: TlsOptions): void {
    const unheeded = [
      ...(options.maxVersion === 'TLSv1.2' ? ['maxVersion'] : []),
      ...(options.curves === undefined ? [] : ['curvePreferences']),
    ];
    if (unheeded.length === 0) return;
    const message = `${unheeded.join(' and ')} are chosen before the name is known, and so act in the default options only`;
    this.#report(owner, 'warning', 'not_acted_on', {
      message,
      hint: 'say it in the options called default, or remove it',
    });
  }

  #report(
    { name, provider, containers, labels }: TlsOptionsConfig,
    severity: Problem['severity'],
    code: 'ca_unusable' | 'not_acted_on',
    fault: { readonly message: string; readonly hint: string },
  ): void {
    const [container] = containers;
    this.problems.push({
      severity,
      code,
      provider,
      ...(container === undefined ? {} : { container }),
      object: name,
      ...(code === 'not_acted_on' || labels.clientCa === undefined ? {} : { label: labels.clientCa }),
      ...fault,
    });
  }

  #missing(name: string): { readonly message: string; readonly hint: string } {
    const guess = nearest(name, this.#defined.keys());
    const hint = guess === undefined ? 'define them in a file, or remove their name' : `did you mean ${guess}?`;
    return { message: `there are no TLS options ${name}`, hint };
  }

  #refuse(name: string, reason: string): RouterTlsOptions {
    this.#policies.set(name, { ...DEFAULT_TLS_POLICY, id: name, refused: reason });
    return { name, fault: reason };
  }
}

/** Nobody's labels decide what all others' clients have to fulfil. */
const STRAY_DEFAULT = {
  message: 'options called default hold for all routers, and only a file may define those',
  hint: 'give them another name',
};

function isStrayDefault({ name, provider }: TlsOptionsConfig): boolean {
  return name === `${DEFAULT_TLS_OPTIONS}@${provider}` && provider !== 'file';
}

function authPolicy(
  { mode, isVerified }: NonNullable<TlsOptions['clientAuth']>,
  caPem: string,
): NonNullable<TlsPolicy['clientAuth']> {
  return { mode, isVerified, caPem };
}

function isLike(policy: TlsPolicy, other: TlsPolicy): boolean {
  return JSON.stringify({ ...policy, id: '' }) === JSON.stringify({ ...other, id: '' }) && other.id === '';
}
