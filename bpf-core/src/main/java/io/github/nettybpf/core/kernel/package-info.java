/**
 * What the kernel does with a program and its packets besides running it: {@code KernelConversion} tells what its program
 * for eBPF costs and why there may be none, {@code NetlinkAttributes} searches attributes for {@code nla} and {@code nlan}.
 */
@NullMarked
package io.github.nettybpf.core.kernel;

import org.jspecify.annotations.NullMarked;
