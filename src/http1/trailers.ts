import { DROP, FieldSection, INTEREST_IN_ALL, KEEP } from './field-scanner.ts';

/**
 * A trailer section (rule X12): the same strict grammar as a head, and nothing that could change how the message is framed,
 * routed, authenticated or cached survives.
 */
export class TrailerSection extends FieldSection {
  /** `keepsUnderscores`: as gRPC has them in its names. */
  constructor(keepsUnderscores = false) {
    super(INTEREST_IN_ALL);
    this.dropsUnderscores = !keepsUnderscores;
  }

  override alias(buf: Buffer, nameStart: number, nameEnd: number): number {
    if (this.dropsUnderscores) return DROP;
    return isForbiddenTrailer(buf.latin1Slice(nameStart, nameEnd).toLowerCase().replaceAll('_', '-')) ? DROP : KEEP;
  }

  override field(buf: Buffer, nameStart: number, nameEnd: number): number {
    const name = buf.latin1Slice(nameStart, nameEnd).toLowerCase();
    return isForbiddenTrailer(name) ? DROP : KEEP;
  }
}

/** X12: names that mean nothing good behind a payload. */
export function isForbiddenTrailer(lowerName: string): boolean {
  return FORBIDDEN.has(lowerName) || lowerName.startsWith('content-') || lowerName.startsWith('x-forwarded-');
}

const FORBIDDEN = new Set(
  (
    'host transfer-encoding connection keep-alive proxy-connection te trailer upgrade expect range ' +
    'cache-control authorization proxy-authorization www-authenticate proxy-authenticate cookie ' +
    'set-cookie forwarded via max-forwards age date expires location retry-after vary pragma warning ' +
    'x-real-ip x-scheme front-end-https http2-settings'
  ).split(' '),
);
