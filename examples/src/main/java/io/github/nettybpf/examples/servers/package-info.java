/** The first examples to read: servers with a filter, and the demo. */
@NullMarked
package io.github.nettybpf.examples.servers;

import org.jspecify.annotations.NullMarked;
