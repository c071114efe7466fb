/** Filters of sources by {@link io.github.nettybpf.core.address.AddressSet sets of addresses} of any size. */
@NullMarked
package io.github.nettybpf.netty.address;

import org.jspecify.annotations.NullMarked;
