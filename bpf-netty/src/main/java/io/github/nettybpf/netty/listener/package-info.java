/**
 * Filters of TCP listeners: a {@link io.github.nettybpf.netty.listener.ListenerFilter} drops the first segment of
 * connections that a program names, and no other segment.
 */
@NullMarked
package io.github.nettybpf.netty.listener;

import org.jspecify.annotations.NullMarked;
