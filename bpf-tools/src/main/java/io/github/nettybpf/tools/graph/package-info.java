/**
 * Draws programs: {@link io.github.nettybpf.tools.graph.FlowGraph} is what is drawn, {@link
 * io.github.nettybpf.tools.graph.GraphFormat} how.
 */
@NullMarked
package io.github.nettybpf.tools.graph;

import org.jspecify.annotations.NullMarked;
