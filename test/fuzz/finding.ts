/** An input that something went wrong with. */
export interface Finding {
  readonly part: 'parsers' | 'live' | 'http2';
  readonly side: 'request' | 'response';
  /** Latin1 text. */
  readonly raw: string;
  readonly complaint: string;
}

/** A finding as it can be added to `test/fixtures/findings.json`, and what is wrong. */
export function describeFinding({ part, side, raw, complaint }: Finding): string {
  const entry = JSON.stringify({ side, raw });
  const ascii = entry.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `FOUND (${part}): ${complaint.slice(0, 2000)}\n  ${ascii}`;
}

/** The shortest input found that still fails, by leaving out ever smaller parts. */
export function reduce(raw: string, fails: (text: string) => boolean): string {
  let text = raw;
  for (let size = text.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < text.length;) {
      const shorter = text.slice(0, at) + text.slice(at + size);
      if (fails(shorter)) text = shorter;
      else at += size;
    }
  }
  return text;
}
