/**
 * {@code bpf graph}: draws the control flow of a program. {@link io.github.nettybpf.tools.graph.FlowGraph} is what is
 * drawn, basic blocks and the edges between them, {@link io.github.nettybpf.tools.graph.Traffic} how many packets of a
 * capture took each edge, and {@link io.github.nettybpf.tools.graph.GraphFormat} the notations.
 *
 * <p>Graphviz and Mermaid lay graphs out themselves. For SVG this is done here, as a layered drawing (Sugiyama): {@link
 * io.github.nettybpf.tools.graph.LayeredGraph} assigns vertices to layers, {@link
 * io.github.nettybpf.tools.graph.CrossingReduction} orders each layer, {@link
 * io.github.nettybpf.tools.graph.CoordinateAssignment} finds the horizontal coordinates, and {@link
 * io.github.nettybpf.tools.graph.PictureLayout} makes coordinates of lines and labels from them.
 */
@NullMarked
package io.github.nettybpf.tools.graph;

import org.jspecify.annotations.NullMarked;
