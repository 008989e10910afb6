import { CLASS, HTAB, TOKEN, VALUE } from './grammar.ts';

const NAME_START = 0;
const NAME = 1;
const VALUE_START = 2;
const UNQUOTED = 3;
const QUOTED = 4;
const ESCAPED = 5;
const AFTER_QUOTED = 6;

const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;
const MAX_LINE = 256;

/** The extensions of one chunk-size line (rule X9): `;name[=token or quoted-string]`, checked byte by byte and thrown away. */
export class ChunkExtension {
  private state = NAME_START;
  private length = 0;

  /** Behind the first semicolon. */
  begin(): void {
    this.state = NAME_START;
    this.length = 0;
  }

  /** The line may end here. */
  get mayEnd(): boolean {
    return this.state === NAME || this.state === UNQUOTED || this.state === AFTER_QUOTED;
  }

  accepts(byte: number): boolean {
    this.length += 1;
    if (this.length > MAX_LINE) return false;
    const isToken = (CLASS[byte]! & TOKEN) !== 0;
    switch (this.state) {
      case NAME_START:
        this.state = NAME;
        return isToken;
      case NAME:
        if (byte === EQUALS) this.state = VALUE_START;
        else if (byte === SEMICOLON) this.state = NAME_START;
        else return isToken;
        return true;
      case VALUE_START:
        this.state = byte === QUOTE ? QUOTED : UNQUOTED;
        return byte === QUOTE || isToken;
      case UNQUOTED:
        if (byte !== SEMICOLON) return isToken;
        this.state = NAME_START;
        return true;
      case QUOTED:
        if (byte === QUOTE) this.state = AFTER_QUOTED;
        else if (byte === BACKSLASH) this.state = ESCAPED;
        return byte === HTAB || (CLASS[byte]! & VALUE) !== 0;
      case ESCAPED:
        this.state = QUOTED;
        return (CLASS[byte]! & VALUE) !== 0;
      default:
        this.state = NAME_START;
        return byte === SEMICOLON;
    }
  }
}
