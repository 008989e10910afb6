const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'the socket does not exist: mount it with -v /var/run/docker.sock:/var/run/docker.sock:ro, or set --docker',
  EACCES: 'no permission on the socket: run as root or join its group (group_add), or use a socket proxy',
  ECONNREFUSED: 'nothing listens there: start the engine, or set --docker to the right address',
  ENOTFOUND: 'the host name does not resolve: check --docker',
  EAI_AGAIN: 'the host name does not resolve now: check --docker and the DNS of this container',
  ECONNRESET: 'the engine closed the connection',
  ETIMEDOUT: 'no answer: check address and firewall',
  HPE_INVALID_CONSTANT: 'what answers there is not an engine, or it wants TLS: check --docker and --docker-cert-path',
  EPROTO: 'TLS failed: the engine speaks plain HTTP there, use tcp:// without --docker-cert-path',
};

/** Why the engine cannot be used, and what to do about it, in one line for a person. */
export function describeDockerFault(endpoint: string, error: unknown): string {
  const { code, statusCode, message } = readError(error);
  const reason = HINTS[code] ?? describeStatus(statusCode) ?? message;
  return `${endpoint}: ${reason}`;
}

function describeStatus(status: number | undefined): string | undefined {
  if (status === 401 || status === 403) {
    return `the engine or its proxy refuses (${status}): allow GET on /containers/json, /events and /version`;
  }
  return status === undefined ? undefined : `the engine answered with status ${status}`;
}

function readError(error: unknown): { code: string; statusCode: number | undefined; message: string } {
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    message: typeof message === 'string' ? message.trim() : String(error),
  };
}
