/** One idea each, on one screen: start with {@link io.github.nettybpf.examples.UdpFilter}. */
@NullMarked
package io.github.nettybpf.examples;

import org.jspecify.annotations.NullMarked;
