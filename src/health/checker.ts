/** What came of one check. */
export interface CheckOutcome {
  readonly passed: boolean;
  /** For people: `GET /health answered 500`. */
  readonly detail: string;
}

/** Asks one server whether it can serve, one question at a time. */
export interface Checker {
  /** Never rejects. A question that is still open ends with this call. */
  check(): Promise<CheckOutcome>;
  /** Ends the open question, which counts as failed, and every connection. The next question opens a fresh one. */
  close(): void;
}
