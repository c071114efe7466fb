package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.address.AddressSet;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Which sources are wanted: those that are not denied, and allowed. One object, so that no packet is judged by an old
 * set and a new one. Immutable.
 */
public final class SourceRule {
    /** All sources are wanted. */
    public static final SourceRule ALL = new SourceRule(AddressSet.EMPTY, null);

    private final AddressSet denied;
    private final @Nullable AddressSet allowed;

    /** Computed at the first use, by any thread: the result is the same. */
    private volatile @Nullable AddressSet deciding;

    private SourceRule(AddressSet denied, @Nullable AddressSet allowed) {
        this.denied = denied;
        this.allowed = allowed;
    }

    /** {@return the addresses that are not wanted} */
    public AddressSet denied() {
        return denied;
    }

    /** {@return the addresses that are wanted unless they are denied, or null if all are} */
    public @Nullable AddressSet allowed() {
        return allowed;
    }

    /**
     * {@return this rule} Afterwards it is known what the kernel may get of the sets: for those of a million prefixes that
     * takes too long for an event loop.
     */
    public SourceRule prepare() {
        deciding().rangeCount();
        return this;
    }

    /** {@return this rule with other addresses that are denied} */
    public SourceRule denying(AddressSet sources) {
        return new SourceRule(sources, allowed);
    }

    /** {@return this rule with other addresses that are allowed} */
    public SourceRule allowing(AddressSet sources) {
        return new SourceRule(denied, sources);
    }

    /** {@return whether all sources are wanted, also those that are not known} */
    public boolean wantsAll() {
        return allowed == null && denied.isEmpty();
    }

    /** {@return whether the address is wanted} */
    public boolean wants(InetAddress source) {
        return !denied.contains(source) && (allowed == null || allowed.contains(source));
    }

    boolean wantsIpv4(int source) {
        return !denied.containsIpv4(source) && (allowed == null || allowed.containsIpv4(source));
    }

    boolean wantsIpv6(long high, long low) {
        return !denied.containsIpv6(high, low) && (allowed == null || allowed.containsIpv6(high, low));
    }

    /** {@return whether a packet is wanted that has no source address, such as an ARP frame: it is in no set} */
    boolean wantsNone() {
        return allowed == null;
    }

    /** {@return the one set that decides: of those that are wanted if some are allowed, else of those that are not} */
    public AddressSet deciding() {
        AddressSet known = deciding;
        if (known == null) {
            known = allowed == null ? denied : allowed.difference(denied);
            deciding = known;
        }
        return known;
    }

    /** {@return whether what is in the {@link #deciding} set is wanted, rather than what is not} */
    public boolean wantsDeciding() {
        return allowed != null;
    }
}
