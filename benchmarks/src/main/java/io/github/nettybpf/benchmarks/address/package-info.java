/** Sets of addresses beside what else there is for them, and under swaps. */
@NullMarked
package io.github.nettybpf.benchmarks.address;

import org.jspecify.annotations.NullMarked;
