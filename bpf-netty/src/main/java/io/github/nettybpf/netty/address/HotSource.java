package io.github.nettybpf.netty.address;

import io.github.nettybpf.core.address.AddressPrefix;

/**
 * A prefix of a denied set from which packets come.
 *
 * @param prefix the prefix
 * @param packetsPerSecond about how many packets a second, of late
 * @param inKernel whether the kernel drops them: then the rate is estimated from 1 of 128 packets
 */
public record HotSource(AddressPrefix prefix, double packetsPerSecond, boolean inKernel) {}
