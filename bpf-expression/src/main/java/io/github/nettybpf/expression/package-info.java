/**
 * Filter expressions: the language of pcap-filter(7) becomes a {@link io.github.nettybpf.core.Program}, for captures of
 * several link types and, what libpcap does not do, for sockets.
 *
 * <pre>{@code
 * Program dns = FilterExpression.compile("src net 10.0.0.0/8 and dst port 53", Placement.UDP_SOCKET);
 * }</pre>
 *
 * <p>{@link io.github.nettybpf.expression.FilterExpression} is where to begin; docs/expressions.md has the language, what
 * can be said where, and where libpcap differs.
 */
@NullMarked
package io.github.nettybpf.expression;

import org.jspecify.annotations.NullMarked;
