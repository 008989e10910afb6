/** Address of a workload in one Docker network. */
export interface NetworkAddress {
  readonly network: string;
  readonly address: string;
}

/** A port of a container that is bound to one address of its host. */
export interface PortBinding {
  readonly port: number;
  readonly address: string;
  readonly hostPort: number;
}

/** An option of an object in a file, as a label would say it: the path below the prefix, cut at its dots. */
export interface FileSetting {
  readonly path: readonly string[];
  readonly value: string;
  /** The items of a list, where one of them has a comma. */
  readonly items?: readonly string[];
  /** 1-based line of the file. */
  readonly line: number;
}

/** A service of a file: its servers by URL, or why it has none. */
export interface FileService {
  readonly urls: readonly string[];
  /** One for each of `urls`. Absent: what labels say. */
  readonly weights?: readonly (number | undefined)[];
  readonly fault?: { readonly code?: 'label_conflict'; readonly message: string; readonly hint: string };
}

/** A certificate of the user's own in a file of Traefik's form; each a path, or PEM text. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** It serves clients that ask for an unknown name. */
  readonly isDefault: boolean;
  /** 1-based line of the file. */
  readonly line: number;
}

/**
 * What a provider saw of one container (or one entry of a file), before any label is read.
 * Plain facts only: choosing a port, a network and routers is the pure work of `build-config.ts`.
 */
export interface Workload {
  readonly provider: 'docker' | 'file';
  /** Container id, or the entry's name in a file. */
  readonly id: string;
  /** Name a person knows it by: container name without the slash. */
  readonly name: string;
  /** Default name of its router and service: `<compose service>-<project>` or the container name, normalised. */
  readonly baseName: string;
  /** Unix milliseconds; the older of two workloads keeps a contested host. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** A container that is created or stopping keeps its place but gets no server. */
  readonly running: boolean;
  /** Docker's health check; `none` when the image has none. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly networks: readonly NetworkAddress[];
  /** Exposed TCP ports, ascending. */
  readonly ports: readonly number[];
  readonly hostNetwork: boolean;
  /** It has just gone, and keeps its place for a moment so that a successor finds it. */
  readonly isLingering?: true;
  /** Ports that are bound to one address of the host; absent: none is. */
  readonly bindings?: readonly PortBinding[];
  /** Servers by URL (file provider only). */
  readonly urls?: readonly string[];
  /** One for each of `urls`; absent: what labels say. */
  readonly weights?: readonly (number | undefined)[];
  /** What a file of Traefik's form says, beside `labels`. */
  readonly settings?: readonly FileSetting[];
  /** The services of such a file by name. Present: nothing is made that nobody asked for. */
  readonly services?: Readonly<Record<string, FileService>>;
  /** Certificates that such a file names. Absent: none. */
  readonly certificates?: readonly CertificateFiles[];
}

/** Where the router itself stands: decides which container addresses it can reach. */
export interface RouterPlace {
  /** Networks of the router's own container; `undefined` when it runs on the host and reaches every bridge. */
  readonly networks: readonly string[] | undefined;
}
