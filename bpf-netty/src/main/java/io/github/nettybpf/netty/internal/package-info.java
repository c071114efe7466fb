/** What the packages of this module owe each other, and nobody else sees. */
@NullMarked
package io.github.nettybpf.netty.internal;

import org.jspecify.annotations.NullMarked;
