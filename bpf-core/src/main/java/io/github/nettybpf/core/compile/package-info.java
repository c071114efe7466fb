/**
 * The compiler from programs to JVM bytecode. {@link io.github.nettybpf.core.compile.FilterCompiler} is the way in; behind
 * it, {@code Flow} finds out what the code needs to know, {@code Partition} cuts it into methods that HotSpot will compile,
 * and {@code MethodEmitter} writes them.
 */
@NullMarked
package io.github.nettybpf.core.compile;

import org.jspecify.annotations.NullMarked;
