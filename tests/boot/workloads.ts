/**
 * What guests are given to do.
 *
 * @module
 */

/** Four processes at once that start 25 each; prints `forks: 100`. */
export const PARALLEL_FORKS =
  "for i in 1 2 3 4; do (for j in $(seq 25); do /bin/sh -c 'echo x'; done" +
  " > /f$i) & done; wait; echo forks: $(cat /f? | wc -l)";
