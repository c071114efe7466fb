/** Benchmarks of filters: JMH benchmarks, and tables that compare this project's engines with others. */
@NullMarked
package io.github.nettybpf.benchmarks;

import org.jspecify.annotations.NullMarked;
