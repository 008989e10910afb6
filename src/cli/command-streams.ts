/** Streams of a command: results to `out`, faults to `err`. */
export interface CommandStreams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}
