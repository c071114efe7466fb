/**
 * Filter expressions: a compiler from the language of pcap-filter(7) to a {@link io.github.nettybpf.core.Program}, for
 * captures of several link types and, unlike libpcap, for sockets.
 *
 * <pre>{@code
 * Program dns = FilterExpression.compile("src net 10.0.0.0/8 and dst port 53", Placement.UDP_SOCKET);
 * }</pre>
 *
 * <p>Start with {@link io.github.nettybpf.expression.FilterExpression}. docs/expressions.md describes the language,
 * what each link type and placement can test, and the differences from libpcap.
 *
 * <p>This package is the API. The compiler has three passes, each in a package that is not exported: {@code parse}
 * makes a syntax tree of the text, {@code lower} a formula over values of the packet, {@code code} a decision graph and
 * instructions.
 */
@NullMarked
package io.github.nettybpf.expression;

import org.jspecify.annotations.NullMarked;
