package io.github.nettybpf.packet;

import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.KernelException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the failed promise of a frame says. */
final class SendFailure {
    private SendFailure() {}

    /**
     * {@return the exception for a frame that the kernel has not taken}
     *
     * @param length the length of the frame in bytes
     * @param to where it was sent, or null if that is not known
     * @param negativeErrno the negative errno
     */
    static IOException of(int length, @Nullable PacketAddress to, int negativeErrno) {
        String what = "frame of " + length + " bytes" + (to == null ? "" : " to " + to.interfaceText());
        String why =
                switch (-negativeErrno) {
                    case Kernel.ENOBUFS ->
                        "not sent: the queue of the interface is full, or its egress rules drop the frame (ENOBUFS)";
                    case Kernel.EMSGSIZE ->
                        "longer than the interface sends (EMSGSIZE; expected: at most its MTU after the link-layer header)";
                    case Kernel.EINVAL ->
                        "not a frame for this interface (EINVAL; expected: a whole link-layer header)";
                    case Kernel.ENETDOWN -> "the interface is down (ENETDOWN)";
                    case Kernel.ENXIO, Kernel.ENODEV -> "the interface is not there (ENXIO)";
                    default -> "";
                };
        return why.isEmpty() ? new KernelException(what, negativeErrno) : new IOException(what + ": " + why);
    }
}
