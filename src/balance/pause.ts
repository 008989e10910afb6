/**
 * Whether the requests of a service wait although servers are ready: an operator works on what is behind them. Outlives snapshots,
 * whose services of one name share it.
 */
export class Pause {
  isOn = false;
}
