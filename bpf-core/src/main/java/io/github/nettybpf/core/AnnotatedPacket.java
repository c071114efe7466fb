package io.github.nettybpf.core;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A packet of given bytes, with extensions that can be set: what a capture does not tell, somebody else may know. An
 * extension that is not set is what {@link Packet#extension} makes of it: not known, for most.
 *
 * <p>Not for use by several threads while it is changed.
 */
public final class AnnotatedPacket implements Packet {
    private static final Set<Extension> COMPUTED =
            EnumSet.of(Extension.LEN, Extension.XOR_X, Extension.NLA, Extension.NLAN);

    private final Packet bytes;
    private final int wireLength;
    private final @Nullable Packet network;
    private final @Nullable Packet linkLayer;
    private final Map<Extension, Long> values = new EnumMap<>(Extension.class);

    /**
     * Has no extension set.
     *
     * @param bytes the bytes that can be loaded, which are not copied
     * @param wireLength what {@code len} reads; unsigned
     * @param networkOffset where loads at SKF_NET_OFF begin; below 0 or beyond the bytes, there is no network header
     * @param hasLinkLayer whether offset 0 is the link-layer header too
     */
    public AnnotatedPacket(byte[] bytes, int wireLength, int networkOffset, boolean hasLinkLayer) {
        this.bytes = Packet.of(bytes);
        this.wireLength = wireLength;
        boolean hasNetwork = networkOffset >= 0 && networkOffset <= bytes.length;
        this.network = hasNetwork ? Packet.of(bytes, networkOffset, bytes.length - networkOffset) : null;
        this.linkLayer = hasLinkLayer ? this.bytes : null;
    }

    /** {@return whether the extension can be set}: all but those that are computed from the packet and the registers. */
    public static boolean canSet(Extension extension) {
        return !COMPUTED.contains(extension);
    }

    /**
     * Sets an extension.
     *
     * @param extension the extension
     * @param value what reading it gives: 0..0xffffffff, or {@link #NOT_KNOWN} or {@link #NO_DEVICE}
     * @throws IllegalArgumentException if that is no such value, or the extension cannot be set
     */
    public void set(Extension extension, long value) {
        if (!canSet(extension)) {
            throw new IllegalArgumentException(extension.text + " cannot be set (expected: one that is not computed)");
        }
        if (value < NO_DEVICE || value > 0xffff_ffffL) {
            throw new IllegalArgumentException(extension.text + " " + value + " (expected: 0..4294967295)");
        }
        values.put(extension, value);
    }

    /**
     * Undoes {@link #set}.
     *
     * @param extension the extension
     */
    public void unset(Extension extension) {
        values.remove(extension);
    }

    /**
     * {@return what the extension was set to}, or empty if it was not.
     *
     * @param extension the extension
     */
    public OptionalLong value(Extension extension) {
        Long value = values.get(extension);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    @Override
    public int length() {
        return bytes.length();
    }

    @Override
    public int wireLength() {
        return wireLength;
    }

    @Override
    public int u8(int offset) {
        return bytes.u8(offset);
    }

    @Override
    public int u16(int offset) {
        return bytes.u16(offset);
    }

    @Override
    public int u32(int offset) {
        return bytes.u32(offset);
    }

    @Override
    public @Nullable Packet network() {
        return network;
    }

    @Override
    public @Nullable Packet linkLayer() {
        return linkLayer;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        Long value = values.get(extension);
        return value == null ? Packet.super.extension(extension, a, x) : value;
    }
}
