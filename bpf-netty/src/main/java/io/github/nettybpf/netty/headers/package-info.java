/**
 * What a program reads of the headers of a datagram, and whether a pipeline knows it: {@code UdpHeaderReads} analyses the
 * program, with {@code FirstByteValue} as its values; {@code HeaderUse} is what the view of a datagram has to prepare.
 */
@NullMarked
package io.github.nettybpf.netty.headers;

import org.jspecify.annotations.NullMarked;
