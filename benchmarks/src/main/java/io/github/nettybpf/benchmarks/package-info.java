/** What a filter costs: JMH benchmarks, and a table that puts this project's engines beside others. */
@NullMarked
package io.github.nettybpf.benchmarks;

import org.jspecify.annotations.NullMarked;
