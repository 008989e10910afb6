/** A field as it is to be sent: the name as written, the value as octets (one per character). An empty value removes. */
export type FieldEntry = readonly [name: string, value: string];

/** What CORS is to say (traefik-labels.md section 10). */
export interface CorsOptions {
  readonly credentials: boolean;
  readonly allowHeaders: readonly string[];
  readonly allowMethods: readonly string[];
  readonly origins: readonly string[];
  readonly originRegexes: readonly string[];
  readonly exposeHeaders: readonly string[];
  /** Seconds; undefined: not sent. */
  readonly maxAge: number | undefined;
  readonly vary: boolean;
}

export interface HeadersOptions {
  readonly type: 'headers';
  readonly request: readonly FieldEntry[];
  /** `Host` for the server; undefined: the client's. */
  readonly host: string | undefined;
  readonly response: readonly FieldEntry[];
  /** Security fields that are always sent. */
  readonly security: readonly FieldEntry[];
  /** Those that are sent when the visitor came over TLS only. */
  readonly tlsSecurity: readonly FieldEntry[];
  /** Fields of a trusted proxy that say that the visitor came over TLS: lower-case name and value. */
  readonly tlsSigns: readonly FieldEntry[];
  readonly cors: CorsOptions | undefined;
  /** Lower case; empty: all. */
  readonly allowedHosts: readonly string[];
  /** Lower-case names of fields in which a trusted proxy says the host. */
  readonly hostFields: readonly string[];
}

/** Which address of a visitor is compared (traefik-labels.md section 10, rule F3). */
export type AddressSource =
  | { readonly kind: 'peer' }
  /** The first from the right of X-Forwarded-For that is no trusted proxy. */
  | { readonly kind: 'visitor' }
  /** The n-th from the right of X-Forwarded-For. */
  | { readonly kind: 'depth'; readonly depth: number }
  /** The first from the right of X-Forwarded-For that is not among these networks. */
  | { readonly kind: 'excluding'; readonly networks: readonly string[] };

export interface IpAllowListOptions {
  readonly type: 'ipAllowList';
  readonly networks: readonly string[];
  readonly source: AddressSource;
  /** Leading bits of an IPv6 address that count; undefined: all. */
  readonly ipv6Bits: number | undefined;
  readonly status: number | undefined;
}

export interface BasicAuthOptions {
  readonly type: 'basicAuth';
  /** Name and hash; the name as octets. */
  readonly users: readonly (readonly [name: string, hash: string])[];
  /** A file with more of them; it is read before a snapshot is made, which has it no longer. */
  readonly usersFile: string | undefined;
  readonly realm: string;
  readonly removeHeader: boolean;
  readonly headerField: string | undefined;
}

/** A part of the name of a subject or an issuer. */
export type NamePart = 'DC' | 'C' | 'ST' | 'L' | 'O' | 'OU' | 'SN' | 'CN';

/** What the app is told of the certificate of a visitor. */
export interface PassClientCertificateOptions {
  readonly type: 'passClientCertificate';
  /** The certificate itself. */
  readonly pem: boolean;
  readonly subject: readonly NamePart[];
  readonly issuer: readonly NamePart[];
  readonly serialNumber: boolean;
  readonly notBefore: boolean;
  readonly notAfter: boolean;
  /** Its subject alternative names. */
  readonly names: boolean;
}

export interface RedirectSchemeOptions {
  readonly type: 'redirectScheme';
  readonly scheme: string;
  readonly port: string | undefined;
  readonly permanent: boolean;
  /** 307/308 for every method; else GET gets 302/301 as with Traefik. */
  readonly preservesMethod?: boolean;
}

export interface RegexReplacement {
  readonly regex: string;
  readonly replacement: string;
}

/** Options stay as decoded; the data plane compiles them. */
export type MiddlewareOptions =
  | { readonly type: 'stripPrefix'; readonly prefixes: readonly string[] }
  | { readonly type: 'stripPrefixRegex'; readonly regexes: readonly string[] }
  | { readonly type: 'addPrefix'; readonly prefix: string }
  | { readonly type: 'replacePath'; readonly path: string }
  | ({ readonly type: 'replacePathRegex' } & RegexReplacement)
  | RedirectSchemeOptions
  | ({ readonly type: 'redirectRegex'; readonly permanent: boolean } & RegexReplacement)
  /** To the same address on another host, with 308. */
  | { readonly type: 'redirectHost'; readonly host: string }
  | HeadersOptions
  | BasicAuthOptions
  | IpAllowListOptions
  | PassClientCertificateOptions
  | { readonly type: 'buffering'; readonly maxRequestBodyBytes: number }
  | { readonly type: 'contentType' }
  /** Answers everything with 503; nothing of the router acts before it. */
  | { readonly type: 'maintenance' };

/** Several middlewares under one name, in order; full names. Resolved before a snapshot is made. */
export interface ChainOptions {
  readonly type: 'chain';
  readonly middlewares: readonly string[];
}

/** A middleware that exists and cannot work: a router that names it must not serve. */
export interface UnusableMiddleware {
  readonly type: 'unusable';
  readonly code: 'middleware_unsupported' | 'label_value';
  readonly reason: string;
}
