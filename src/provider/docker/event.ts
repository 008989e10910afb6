/** What one line of the engine's event stream means to the router. All but `stopping` and `ignore` call for a list. */
export type EventMeaning =
  /** Something about containers changed. */
  | { readonly type: 'changed' }
  /** The container's process began: what was known of its servers is void. */
  | { readonly type: 'started'; readonly containerId: string }
  /** The container's process ended. */
  | { readonly type: 'ended'; readonly containerId: string }
  /** This container was told to stop and gets no new request from now on. */
  | { readonly type: 'stopping'; readonly containerId: string }
  /** It received another signal, which may be the one that its image stops at. */
  | { readonly type: 'signalled'; readonly containerId: string; readonly signal: string }
  | { readonly type: 'ignore' };

const CONTAINER_ACTIONS = new Set(['create', 'start', 'die', 'destroy', 'rename', 'pause', 'unpause', 'health_status']);
const NETWORK_ACTIONS = new Set(['connect', 'disconnect']);
/** Signals that are sent to end a container, whatever its image says: TERM, KILL. */
const STOP_SIGNALS = new Set(['15', '9', 'TERM', 'KILL']);

const CHANGED = { type: 'changed' } as const;
const IGNORE = { type: 'ignore' } as const;

/** The engine is asked for these only: every health check alone makes three `exec_…` events. */
export const EVENT_FILTERS = {
  type: ['container', 'network'],
  event: [...CONTAINER_ACTIONS, 'kill', ...NETWORK_ACTIONS],
} as const;

/** No real event comes near this; a stream that exceeds it is not an event stream. */
export const MAX_LINE_CHARACTERS = 1 << 20;

/**
 * Cuts a text stream into lines, however it was chunked: give each piece, get the lines it completed.
 * Throws on a line longer than `MAX_LINE_CHARACTERS`, so that a broken peer cannot fill the memory.
 */
export function createLineSplitter(): (text: string) => readonly string[] {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('the event stream holds a line without end');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  };
}

/** Decides what an event line means. One that cannot be read is a reason to look, so it never hides a change. */
export function classifyEvent(line: string): EventMeaning {
  const event = parseObject(line);
  if (event === undefined) return CHANGED;
  const action = text(event['Action']) ?? text(event['status']) ?? '';
  if (event['Type'] === 'network') return NETWORK_ACTIONS.has(action) ? CHANGED : IGNORE;
  if (event['Type'] !== undefined && event['Type'] !== 'container') return IGNORE;
  const actor = asObject(event['Actor']);
  const containerId = text(actor['ID']) ?? text(event['id']);
  if (action === 'kill') return classifyKill(containerId, asObject(actor['Attributes'])['signal']);
  if (action === 'start' && containerId !== undefined) return { type: 'started', containerId };
  if (action === 'die' && containerId !== undefined) return { type: 'ended', containerId };
  // `health_status: healthy` carries its value behind a colon.
  return CONTAINER_ACTIONS.has(action.split(':', 1)[0] ?? '') ? CHANGED : IGNORE;
}

/** When an event happened, in nanoseconds since 1970; undefined when the line does not say. */
export function eventTime(line: string): bigint | undefined {
  // More digits than a number keeps. Inside a text the quotes would be escaped.
  const digits = /"timeNano":\s*(\d{1,19})(?!\d)/.exec(line)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function classifyKill(containerId: string | undefined, signal: unknown): EventMeaning {
  const name = text(signal)?.toUpperCase().replace(/^SIG/, '');
  if (containerId === undefined || name === undefined) return IGNORE;
  return STOP_SIGNALS.has(name) ? { type: 'stopping', containerId } : { type: 'signalled', containerId, signal: name };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
