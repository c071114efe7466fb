package io.github.nettybpf.core;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Wraps a packet and sets some of its extensions, for example those that a capture does not contain. An extension that
 * is not set is asked of the wrapped packet.
 *
 * <p>Not safe for use by several threads while it is changed.
 */
public final class AnnotatedPacket implements Packet {
    private static final Set<Extension> COMPUTED =
            EnumSet.of(Extension.LEN, Extension.XOR_X, Extension.NLA, Extension.NLAN);

    private final Map<Extension, Long> values = new EnumMap<>(Extension.class);
    private Packet packet;

    /**
     * Wraps a packet. Its extensions are those of the packet until they are set.
     *
     * @param packet where bytes, lengths and the other extensions come from
     */
    public AnnotatedPacket(Packet packet) {
        this.packet = packet;
    }

    /**
     * Wraps another packet. Values that were set are kept.
     *
     * @param next where bytes, lengths and the other extensions come from
     */
    public void annotate(Packet next) {
        packet = next;
    }

    /** {@return whether the extension can be set, because it is not computed from the packet and the registers} */
    public static boolean canSet(Extension extension) {
        return !COMPUTED.contains(extension);
    }

    /**
     * Sets an extension.
     *
     * @param extension the extension
     * @param value the value to read: 0 to the extension's {@link Extension#maximum}, or {@link #NOT_KNOWN} except for
     *     {@code rand}, or {@link #NO_DEVICE} for {@code ifidx} and {@code hatype}
     * @throws IllegalArgumentException if the value is none of these, or {@link #canSet} is false
     */
    public void set(Extension extension, long value) {
        if (!canSet(extension)) {
            throw new IllegalArgumentException(
                    extension.mnemonic() + " cannot be set (expected: one that is not computed)");
        }
        boolean isValue = value >= 0 && value <= extension.maximum();
        boolean isUnknown = value == NOT_KNOWN && extension != Extension.RAND;
        boolean isNoDevice = value == NO_DEVICE && extension.isOfDevice();
        if (!isValue && !isUnknown && !isNoDevice) {
            throw new IllegalArgumentException(
                    extension.mnemonic() + " " + value + " (expected: 0.." + extension.maximum() + ")");
        }
        values.put(extension, value);
    }

    /**
     * Asks the wrapped packet for the extension again.
     *
     * @param extension the extension
     */
    public void unset(Extension extension) {
        values.remove(extension);
    }

    /**
     * {@return the value that the extension was set to, or empty if it is not set}
     *
     * @param extension the extension
     */
    public OptionalLong value(Extension extension) {
        Long value = values.get(extension);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    @Override
    public int length() {
        return packet.length();
    }

    @Override
    public int wireLength() {
        return packet.wireLength();
    }

    @Override
    public int u8(int offset) {
        return packet.u8(offset);
    }

    @Override
    public int u16(int offset) {
        return packet.u16(offset);
    }

    @Override
    public int u32(int offset) {
        return packet.u32(offset);
    }

    @Override
    public @Nullable Packet network() {
        return packet.network();
    }

    @Override
    public @Nullable Packet linkLayer() {
        return packet.linkLayer();
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        Long value = values.get(extension);
        return value == null ? packet.extension(extension, a, x) : value;
    }
}
