/** Reads of the memory of buffers: arrays, and native memory with or without Unsafe. */
@NullMarked
package io.github.nettybpf.netty.memory;

import org.jspecify.annotations.NullMarked;
