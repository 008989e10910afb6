import type { FailureReason } from '../http/failure.ts';
import { CLASS, COLON, CR, HTAB, LF, SP, TOKEN, UNDERSCORE, VALUE } from './grammar.ts';

/** Returned instead of an offset: the bytes end inside the section. */
export const INCOMPLETE = 0;
/** Returned instead of an offset: `section.fault` says what is wrong. */
export const FAULT = -1;

/** What to do with a field line. */
export const KEEP = 0;
export const DROP = 1;

/**
 * Names a section wants to see are announced by length and first letter, so that other lines cost no call. The last row is for
 * all longer names.
 */
const LENGTHS = 40;

/** Table of interesting names for a kind of section; `names` in lower case, separated by blanks. */
export function interestIn(names: string): Uint8Array {
  const table = new Uint8Array(LENGTHS * 32);
  for (const name of names.split(' ')) table[name.length * 32 + (name.charCodeAt(0) & 31)] = 1;
  return table;
}

/** For a section that judges every line. */
export const INTEREST_IN_ALL: Uint8Array = new Uint8Array(LENGTHS * 32).fill(1);

/** A header or trailer section while it is read. Kept lines are emitted again from their validated bytes. */
export abstract class FieldSection {
  /** Kept lines, `Name: value CRLF` each, in order (H9). */
  fields = '';
  fault: FailureReason = 'bad_field';
  readonly interest: Uint8Array;
  /** H10: names with `_` go; behind a CGI-style server they could pass for ours. */
  dropsUnderscores = true;
  maxFields = 100;
  maxBytes = 32_768;
  /** Lines that count as if they stood before those that are read. */
  linesBefore = 0;

  constructor(interest: Uint8Array) {
    this.interest = interest;
  }

  /** Judges a line whose name has `_`, as no name of interest has; KEEP or DROP (H10). */
  alias(_buf: Buffer, _nameStart: number, _nameEnd: number): number {
    return this.dropsUnderscores ? DROP : KEEP;
  }

  /**
   * Judges one line that may be of interest. The value is trimmed of SP and HTAB (H5).
   * Returns KEEP, DROP or FAULT (after setting `fault`).
   */
  abstract field(buf: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): number;
}

/**
 * Reads field lines up to and including the empty line, by the strict grammar (rules L2, L3, H1–H7).
 * Returns the offset behind the section, INCOMPLETE or FAULT. `start` is where the whole head began (for its limit).
 */
export function scanFields(buf: Buffer, at: number, end: number, start: number, section: FieldSection): number {
  const interest = section.interest;
  let count = section.linesBefore;
  let runStart = at;
  let fields = '';
  for (;;) {
    if (at >= end) return sizeOr(INCOMPLETE, end - start, section);
    if (buf[at] === CR) {
      if (at + 1 >= end) return INCOMPLETE;
      if (buf[at + 1] !== LF) return badByte(section, at + 1 - start);
      if (at + 2 - start > section.maxBytes) return fault(section, 'head_too_large');
      section.fields = at > runStart ? fields + buf.latin1Slice(runStart, at) : fields;
      return at + 2;
    }
    const lineStart = at;
    let bits = 0;
    let kind: number;
    while (at < end && ((kind = CLASS[buf[at]!]!) & TOKEN) !== 0) {
      bits |= kind;
      at += 1;
    }
    if (at >= end) return sizeOr(INCOMPLETE, end - start, section);
    const nameEnd = at;
    // H1, H2, H3, H4: an empty name, a space before the colon, a folded line and a line without colon all end here.
    if (buf[at] !== COLON || nameEnd === lineStart) return badByte(section, at - start);
    at += 1;
    const valueStart = at;
    while (at < end && (CLASS[buf[at]!]! & VALUE) !== 0) at += 1;
    if (at + 1 >= end) {
      return at < end && buf[at] !== CR ? badByte(section, at - start) : sizeOr(INCOMPLETE, end - start, section);
    }
    if (buf[at] !== CR || buf[at + 1] !== LF) return badByte(section, at - start);
    const valueEnd = at;
    at += 2;
    count += 1;
    if (count > section.maxFields || at - start > section.maxBytes) return fault(section, 'head_too_large');
    const length = nameEnd - lineStart;
    const wanted = interest[Math.min(length, LENGTHS - 1) * 32 + (buf[lineStart]! & 31)] === 1;
    const isAlias = (bits & UNDERSCORE) !== 0;
    if (wanted || isAlias) {
      const from = skipBlanks(buf, valueStart, valueEnd);
      const verdict = isAlias
        ? section.alias(buf, lineStart, nameEnd)
        : section.field(buf, lineStart, nameEnd, from, trimBlanks(buf, from, valueEnd));
      if (verdict === FAULT) return FAULT;
      if (verdict === DROP) {
        if (lineStart > runStart) fields += buf.latin1Slice(runStart, lineStart);
        runStart = at;
      }
    }
  }
}

function fault(section: FieldSection, reason: FailureReason): number {
  section.fault = reason;
  return FAULT;
}

/** What stands behind the limit is not looked at: with other pieces it would not be here yet (L6). */
function badByte(section: FieldSection, offset: number): number {
  return fault(section, offset >= section.maxBytes ? 'head_too_large' : 'bad_field');
}

function sizeOr(result: number, bytes: number, section: FieldSection): number {
  return bytes > section.maxBytes ? fault(section, 'head_too_large') : result;
}

function skipBlanks(buf: Uint8Array, start: number, end: number): number {
  while (start < end && (buf[start] === SP || buf[start] === HTAB)) start += 1;
  return start;
}

function trimBlanks(buf: Uint8Array, start: number, end: number): number {
  while (end > start && (buf[end - 1] === SP || buf[end - 1] === HTAB)) end -= 1;
  return end;
}
