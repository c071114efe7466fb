package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.netty.channel.ChannelException;
import java.io.UncheckedIOException;

/** Compares the verdict of the running kernel with that of the interpreter. */
final class KernelVerdict {
    private KernelVerdict() {}

    /**
     * {@return a line that says that both agree} A second line follows if the verdict on the debugger's packet is
     * another: the kernel has only its bytes, on a unix datagram socket.
     *
     * @param program the program
     * @param packet the packet as the debugger has it
     * @param bytes the bytes of the packet
     * @throws Refusal if kernel and interpreter disagree, or there is no kernel to ask
     */
    static String compare(Program program, Packet packet, byte[] bytes) throws Refusal {
        for (Extension varies : new Extension[] {Extension.RAND, Extension.CPU}) {
            if (program.extensions().contains(varies)) {
                throw new Refusal("insn " + program.firstReading(varies).orElseThrow() + " reads " + varies.mnemonic()
                        + ", which varies (expected: a program without rand and cpu)");
            }
        }
        if (bytes.length > KernelOracle.MAX_PACKET) {
            throw new Refusal("packet of " + bytes.length + " bytes (expected: at most " + KernelOracle.MAX_PACKET
                    + " for the kernel)");
        }
        int kernel = ask(program, bytes);
        int same = Filter.interpret(program).run(KernelOracle.shown(bytes));
        if (kernel != same) {
            throw new Refusal("the kernel's verdict is " + Integer.toUnsignedString(kernel) + " (expected: "
                    + Integer.toUnsignedString(same) + ", the interpreter's)");
        }
        String agreed = "kernel " + Integer.toUnsignedString(kernel) + ", interpreter the same\n";
        int local = Filter.interpret(program).run(packet);
        return local == kernel
                ? agreed
                : agreed + "here " + Integer.toUnsignedString(local)
                        + ": a unix socket has other headers, extensions or length than this packet\n";
    }

    private static int ask(Program program, byte[] bytes) throws Refusal {
        Throwable unavailable = KernelOracle.unavailabilityCause();
        if (unavailable != null) {
            throw new Refusal("no kernel to ask: " + Printable.message(unavailable.toString())
                    + " (expected: Linux, and Netty's native epoll library for it)");
        }
        try (KernelOracle kernel = KernelOracle.open()) {
            return kernel.verdict(program, bytes);
        } catch (ChannelException | UncheckedIOException e) {
            throw new Refusal("the kernel: " + Printable.message(String.valueOf(e.getMessage())));
        }
    }
}
