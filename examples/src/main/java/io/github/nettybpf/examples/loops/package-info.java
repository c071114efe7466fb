/** Examples of servers with many event loops on one port. */
@NullMarked
package io.github.nettybpf.examples.loops;

import org.jspecify.annotations.NullMarked;
