package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.KernelFilter;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.netty.channel.ChannelException;
import java.io.UncheckedIOException;

/** The running kernel asked about a packet, beside the interpreter. */
final class KernelVerdict {
    private KernelVerdict() {}

    /**
     * {@return a line that says that both agree}, and one more if the packet is another one where the debugger has it: the
     * kernel sees the bytes alone, on a unix datagram socket.
     *
     * @param program the program
     * @param packet the packet as the debugger has it
     * @param bytes its bytes
     * @throws Refusal if they disagree, or the kernel cannot be asked
     */
    static String compare(Program program, Packet packet, byte[] bytes) throws Refusal {
        for (Extension varies : new Extension[] {Extension.RAND, Extension.CPU}) {
            if (program.extensions().contains(varies)) {
                throw new Refusal("insn " + program.firstReading(varies).orElseThrow() + " reads " + varies.mnemonic()
                        + ", which varies (expected: a program without rand and cpu)");
            }
        }
        if (bytes.length > KernelFilter.MAX_PACKET) {
            throw new Refusal("packet of " + bytes.length + " bytes (expected: at most " + KernelFilter.MAX_PACKET
                    + " for the kernel)");
        }
        int kernel = ask(program, bytes);
        int same = Filter.interpret(program).run(KernelFilter.shown(bytes));
        if (kernel != same) {
            throw new Refusal("the kernel's verdict is " + Integer.toUnsignedString(kernel) + " (expected: "
                    + Integer.toUnsignedString(same) + ", the interpreter's)");
        }
        String agreed = "kernel " + Integer.toUnsignedString(kernel) + ", interpreter the same\n";
        int here = Filter.interpret(program).run(packet);
        return here == kernel
                ? agreed
                : agreed + "here " + Integer.toUnsignedString(here)
                        + ": a unix socket has other headers, extensions or length than this packet\n";
    }

    private static int ask(Program program, byte[] bytes) throws Refusal {
        Throwable unavailable = KernelFilter.unavailabilityCause();
        if (unavailable != null) {
            throw new Refusal("no kernel to ask: " + Printable.message(unavailable.toString())
                    + " (expected: Linux, and Netty's native epoll library for it)");
        }
        try (KernelFilter kernel = KernelFilter.open()) {
            return kernel.verdict(program, bytes);
        } catch (ChannelException | UncheckedIOException e) {
            throw new Refusal("the kernel: " + Printable.message(String.valueOf(e.getMessage())));
        }
    }
}
