// The reserved characters of RFC 3986 and `%` itself: decoding one of these would change what the path means.
const KEPT = new Set(new TextEncoder().encode(":/?#[]@!$&'()*+,;=%"));

const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;

/**
 * The path that `Path`, `PathPrefix` and `PathRegexp` look at (rules.md section 5): every escape is decoded but those
 * of reserved characters and of `%`. Takes a normalised path; decodes once, as UTF-8. Without a `%` it returns its
 * argument.
 */
export function routingPath(normalisedPath: string): string {
  return normalisedPath.includes('%') ? normalisedPath.replace(ESCAPES, decodeRun) : normalisedPath;
}

function decodeRun(run: string): string {
  let text = '';
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) text += new TextDecoder().decode(new Uint8Array(bytes));
    bytes = [];
  };
  for (let index = 0; index < run.length; index += 3) {
    const escape = run.slice(index, index + 3);
    const byte = Number.parseInt(escape.slice(1), 16);
    if (KEPT.has(byte)) {
      flush();
      text += escape.toUpperCase();
    } else {
      bytes.push(byte);
    }
  }
  flush();
  return text;
}
