/** Why a path is refused; each is answered with 400. Unlike a path, a code never begins with `/`. */
export type PathFaultCode =
  | 'path_not_absolute'
  | 'path_bad_escape'
  | 'path_above_root'
  | 'path_backslash'
  | 'path_null'
  | 'path_encoded_dots'
  | 'path_overlong';

/** What a lenient caller lets pass. Everything is strict by default. */
export interface PathOptions {
  /** P3: `..` above the root stays at the root. */
  readonly clampAboveRoot?: boolean;
  /** P4, P5: a backslash and `%5C` are data of their segment. */
  readonly allowBackslash?: boolean;
  /** P5: `%00` is data of its segment. */
  readonly allowNull?: boolean;
  /** P6: `..%2F` and `..;x` are data of their segment. */
  readonly allowEncodedDots?: boolean;
}

const STRICT: PathOptions = {};

/**
 * The one path that routing, middlewares and the server see (rules P2 to P7). Takes the raw path, without query. Decodes
 * escapes of unreserved characters once, writes the others in upper case, resolves dot segments, merges slashes. A path
 * with nothing to do is returned as it is, without allocation. A refused path gives the code of its fault instead.
 */
export function normalisePath(rawPath: string, options: PathOptions = STRICT): string {
  const isClean =
    rawPath.charCodeAt(0) === 0x2f &&
    !rawPath.includes('%') &&
    !rawPath.includes('//') &&
    !rawPath.includes('/.') &&
    !rawPath.includes('\\');
  if (isClean) return rawPath;
  if (rawPath.charCodeAt(0) !== 0x2f) return refuse('path_not_absolute');
  if (options.allowBackslash !== true && rawPath.includes('\\')) return refuse('path_backslash');
  const decoded = rawPath.includes('%') ? decodeUnreserved(rawPath, options) : rawPath;
  return isPathFault(decoded) ? decoded : resolveSegments(decoded, options);
}

/** Tells the two results of `normalisePath` apart. */
export function isPathFault(result: string): result is PathFaultCode {
  return result.charCodeAt(0) !== 0x2f;
}

function refuse(code: PathFaultCode): string {
  return code;
}

function decodeUnreserved(path: string, options: PathOptions): string {
  const parts = path.split('%');
  let text = parts[0] ?? '';
  for (let index = 1; index < parts.length; index++) {
    const part = parts[index] ?? '';
    const byte = hexByte(part);
    if (byte < 0) return refuse('path_bad_escape');
    if (byte === 0 && options.allowNull !== true) return refuse('path_null');
    if (byte === 0x5c && options.allowBackslash !== true) return refuse('path_backslash');
    // %C0 and %C1 never begin a shortest-form UTF-8 sequence: they only hide ASCII characters.
    if (byte === 0xc0 || byte === 0xc1) return refuse('path_overlong');
    text += isUnreserved(byte) ? String.fromCharCode(byte) : `%${part.slice(0, 2).toUpperCase()}`;
    text += part.slice(2);
  }
  return text;
}

function hexByte(text: string): number {
  const high = hexDigit(text.charCodeAt(0));
  const low = hexDigit(text.charCodeAt(1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function isUnreserved(byte: number): boolean {
  const lower = byte | 0x20;
  if (lower >= 0x61 && lower <= 0x7a) return true;
  if (byte >= 0x30 && byte <= 0x39) return true;
  return byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
}

/** A final slash is kept; a final dot segment leaves none (`/a/b/..` is `/a`, `/a/b/../` is `/a/`). */
function resolveSegments(path: string, options: PathOptions): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') {
      if (options.allowEncodedDots !== true && hidesDots(segment)) return refuse('path_encoded_dots');
      kept.push(segment);
    } else if (kept.length > 0) {
      kept.pop();
    } else if (options.clampAboveRoot !== true) {
      return refuse('path_above_root');
    }
  }
  const joined = `/${kept.join('/')}`;
  return path.endsWith('/') && kept.length > 0 ? `${joined}/` : joined;
}

/** Whether a server that decodes `%2F` or cuts `;parameters` would find a dot segment in this one (P6). */
function hidesDots(segment: string): boolean {
  if (!segment.includes('.') || !/[%;]/.test(segment)) return false;
  return segment.split(/%2F|%5C|\\/).some((part) => /^\.{1,2}(;|%3B|$)/.test(part));
}
