import type { ServerScheme } from './dynamic.ts';
import type { Fault } from './label-group.ts';

/** The port, or why there is none. */
export type PortChoice =
  | { readonly port: number; readonly warning: Fault | undefined }
  | { readonly port: undefined; readonly fault: Fault };

// What images that speak HTTP expose, the likeliest first.
const PLAIN_PORTS = [80, 8080, 3000, 8000, 5000, 8888, 4000, 9000, 8081];
const TLS_PORTS = [443, 8443];

/**
 * Chooses the port of an app that names none. A single exposed port is taken; of several, in our own mode the first usual
 * one for HTTP (with a warning when more than one is usual), in Traefik's mode the lowest, as Traefik does.
 */
export function choosePort(
  exposed: readonly number[],
  scheme: ServerScheme,
  mode: 'sluice' | 'traefik',
  label: string,
): PortChoice {
  const [lowest] = exposed;
  if (lowest === undefined) {
    return missing('the container exposes no port, and no label names one', `add the label ${label}=8080`);
  }
  if (exposed.length === 1) return { port: lowest, warning: undefined };
  if (mode === 'traefik') return { port: Math.min(...exposed), warning: undefined };
  const usual = (scheme === 'https' ? TLS_PORTS : PLAIN_PORTS).filter((port) => exposed.includes(port));
  const [port] = usual;
  if (port === undefined) {
    return missing(
      `the container exposes ${exposed.join(', ')}, none of them usual for HTTP`,
      `add the label ${label}=${lowest}`,
    );
  }
  if (usual.length === 1) return { port, warning: undefined };
  return {
    port,
    warning: {
      code: 'port_ambiguous',
      message: `the container exposes ${exposed.join(', ')}; ${port} is taken`,
      hint: `say which one with the label ${label}=${port}`,
    },
  };
}

function missing(message: string, hint: string): PortChoice {
  return { port: undefined, fault: { code: 'port_missing', message, hint } };
}
