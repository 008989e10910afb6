import { DEFAULT_TLS_OPTIONS, DEFAULT_TLS_POLICY, type TlsPolicy, type TlsVersion } from '../config/tls-options.ts';
import { SniTable } from '../routing/sni-table.ts';
import type { RouterSnapshot, Snapshot } from '../routing/snapshot.ts';

/** What a listener can be told before it is known which options a client gets. */
export interface ListenerTls {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Suites of TLS 1.2, those first that most options allow. */
  readonly ciphers: readonly string[];
  readonly curves: readonly string[];
  /** Sessions may be resumed. A resumed one is asked for nothing, and OpenSSL does not care for which name it was begun. */
  readonly hasTickets: boolean;
  readonly clientAuth: TlsPolicy['clientAuth'];
}

const CANNOT_ASK =
  'this version of Node cannot ask clients of single hosts for certificates: hosts that need them are refused; use another version';

/** The TLS options of a snapshot: which of them a name gets, and which a router needs. */
export class TlsPolicies {
  /** What holds where nobody names others. */
  readonly standard: TlsPolicy;
  /** Why options that ask for certificates of clients are refused. */
  readonly unusable: string | undefined;
  private readonly byName: ReadonlyMap<string, TlsPolicy>;
  private readonly byId: ReadonlyMap<string, TlsPolicy>;
  private readonly table = new SniTable();

  /** `canAsk`: whether clients of single hosts can be asked for certificates. */
  constructor(options: Snapshot['tlsOptions'] = {}, canAsk: () => boolean = () => true) {
    const asksAny = Object.values(options).some(({ clientAuth }) => clientAuth !== undefined);
    this.unusable = asksAny && !canAsk() ? CANNOT_ASK : undefined;
    const { unusable } = this;
    const policies = Object.entries(options).map(([name, policy]): [string, TlsPolicy] => {
      const isRefused = unusable !== undefined && policy.clientAuth !== undefined;
      return [name, isRefused ? { ...policy, refused: unusable } : policy];
    });
    this.byName = new Map(policies);
    this.standard = this.byName.get(DEFAULT_TLS_OPTIONS) ?? DEFAULT_TLS_POLICY;
    this.byId = new Map([...policies.map(([, policy]) => policy), this.standard].map((one) => [one.id, one]));
  }

  /** Nobody wants anything but what is built in. */
  get isPlain(): boolean {
    return this.byName.size === 0;
  }

  add(router: RouterSnapshot): void {
    if (!router.tls || this.isPlain) return;
    const { matcher, entrypoints } = router;
    this.table.add({ matcher, entrypoints, options: this.idOf(router) });
  }

  /** The id that connections to this router must have (A5); empty for a plain one. Throws when its options are not there. */
  idOf({ name, tls, tlsOptions }: RouterSnapshot): string {
    if (!tls) return '';
    if (tlsOptions === undefined) return this.standard.id;
    const policy = this.byName.get(tlsOptions);
    // Never the default ones instead: they may ask for less.
    if (policy === undefined) throw new Error(`no TLS options ${tlsOptions} for the router ${name}`);
    return policy.id;
  }

  /** The options for a canonical name (A6). */
  find(entrypoint: string, name: string): TlsPolicy {
    const id = this.isPlain ? undefined : this.table.find(entrypoint, name);
    return (id === undefined ? undefined : this.byId.get(id)) ?? this.standard;
  }

  get listener(): ListenerTls {
    const { standard } = this;
    const named = [...this.byId.values()].filter((one) => one !== standard && one.refused === undefined);
    const all = [standard, ...named];
    const allowing = (suite: string): number => all.filter(({ ciphers }) => ciphers.includes(suite)).length;
    const ciphers = [...new Set(all.flatMap((one) => one.ciphers))];
    return {
      minVersion: all.some(({ minVersion }) => minVersion === 'TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
      maxVersion: named.some(({ minVersion }) => minVersion === 'TLSv1.3') ? 'TLSv1.3' : standard.maxVersion,
      ciphers: ciphers.sort((left, right) => allowing(right) - allowing(left)),
      curves: standard.curves,
      // A session of TLS 1.2 does not say for which name it was begun, so that it can have the default options only.
      hasTickets:
        all.every(({ clientAuth }) => clientAuth === undefined) &&
        named.every(({ minVersion }) => minVersion === 'TLSv1.3'),
      clientAuth: standard.clientAuth,
    };
  }
}
