package io.github.nettybpf.netty.drops;

import io.github.nettybpf.core.Placement;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A sample of what a handler drops, or would drop in a dry run: a copy of the packet, and why. Immutable; for any thread.
 */
public final class DroppedPacket {
    private final Instant time;
    private final byte[] content;
    private final int length;
    private final boolean isDatagram;
    private final @Nullable InetSocketAddress sender;
    private final @Nullable InetSocketAddress recipient;
    private final Placement placement;
    private final DropReason reason;
    private final String rule;
    private final int oneIn;
    private final boolean passedOn;

    /**
     * A sample; handlers make them.
     *
     * @param time when it was received
     * @param content its bytes as the pipeline has them, which must not change any more
     * @param length how many bytes it had, at least as many as there are
     * @param isDatagram whether it is a datagram with addresses of its own
     * @param sender who sent it, or null if that is not known
     * @param recipient to whom, or null if that is not known
     * @param placement what offset 0 is to the program
     * @param reason why it was dropped
     * @param rule what decided, for people; the empty string if the reason says all
     * @param oneIn of how many such packets this is one
     * @param passedOn whether it was passed on nevertheless
     */
    public DroppedPacket(
            Instant time,
            byte[] content,
            int length,
            boolean isDatagram,
            @Nullable InetSocketAddress sender,
            @Nullable InetSocketAddress recipient,
            Placement placement,
            DropReason reason,
            String rule,
            int oneIn,
            boolean passedOn) {
        this.time = time;
        this.content = content;
        this.length = length;
        this.isDatagram = isDatagram;
        this.sender = sender;
        this.recipient = recipient;
        this.placement = placement;
        this.reason = reason;
        this.rule = rule;
        this.oneIn = oneIn;
        this.passedOn = passedOn;
    }

    /** {@return when it was received} */
    public Instant time() {
        return time;
    }

    /**
     * {@return its first bytes as the pipeline has them, read-only} Of a datagram this is the payload: a UDP socket gives
     * no header to the application.
     */
    public ByteBuffer content() {
        return ByteBuffer.wrap(content).asReadOnlyBuffer();
    }

    /** {@return how many bytes it had; {@link #content} has the first 65,535 at most} */
    public int length() {
        return length;
    }

    /** {@return whether it is a datagram with addresses of its own, and not a frame or a part of a stream} */
    public boolean isDatagram() {
        return isDatagram;
    }

    /** {@return who sent it, or empty if that is not known} */
    public Optional<InetSocketAddress> sender() {
        return Optional.ofNullable(sender);
    }

    /** {@return to whom it was sent, or empty if that is not known} The address may be the wildcard address. */
    public Optional<InetSocketAddress> recipient() {
        return Optional.ofNullable(recipient);
    }

    /** {@return what offset 0 is to the program} */
    public Placement placement() {
        return placement;
    }

    /** {@return why it was dropped} */
    public DropReason reason() {
        return reason;
    }

    /**
     * {@return what decided, for people, for example {@code insn 1: jeq #53: no: insn 5: ret #0}} The empty string if
     * {@link #reason} says all.
     */
    public String rule() {
        return rule;
    }

    /** {@return of how many such packets this is one, on average} */
    public int oneIn() {
        return oneIn;
    }

    /** {@return whether it was passed on nevertheless: in a dry run, or because only the shadow program drops it} */
    public boolean isPassedOn() {
        return passedOn;
    }

    @Override
    public String toString() {
        return "DroppedPacket[" + time + ", " + length + " bytes from " + (sender == null ? "?" : sender) + ", "
                + reason.text() + (rule.isEmpty() ? "" : ": " + rule) + ']';
    }
}
