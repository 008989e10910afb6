import type { ProblemCode } from '../../config/problem.ts';
import type { Place } from './compose-node.ts';

/** Faults that only a compose file shows, beside those of labels. */
export type FindingCode =
  | ProblemCode
  | 'variable_unset'
  | 'dollar_not_doubled'
  | 'label_misplaced'
  | 'label_form'
  | 'network_undefined'
  | 'static_option'
  | 'port_of_image'
  | 'file_not_here';

/** Something that `sluice check` tells about compose files. A note is no fault. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: FindingCode;
  readonly place: Place;
  readonly service: string | undefined;
  readonly object?: string;
  readonly label?: string;
  /** 1-based column inside the label's value. */
  readonly column?: number;
  /** The label's value, where the column is of help. */
  readonly excerpt?: string;
  readonly message: string;
  readonly hint: string;
}
