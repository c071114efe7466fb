package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Runs most verbs once, so that the JVM loads their classes: the script that starts the command makes a class-data archive
 * of them.
 */
public final class Training {
    private static final String FILTER = "tcp port 80 and src net 10.0.0.0/8 or udp port 53";

    private Training() {}

    /**
     * Ends this process with the exit code of {@link #run}.
     *
     * @param args are not read
     */
    public static void main(String[] args) {
        System.exit(run());
    }

    /** {@return the greatest exit code of the verbs: 0 if all succeeded} */
    static int run() {
        byte[] capture = capture();
        int code = run("ldh [12] jneq #0x806, drop ret #-1 drop: ret #0", "asm");
        code = Math.max(code, run("", "compile", FILTER));
        code = Math.max(code, run("2,0 0 0 7,22 0 0 0", "disasm"));
        code = Math.max(code, run("", "check", "--json", FILTER));
        code = Math.max(code, run("", "check", FILTER));
        code = Math.max(code, run("2,48 0 0 1,22 0 0 0\t0a14\n", "eval"));
        code = Math.max(code, run("", "explain", FILTER, "ffffffffffff 020000000001 0800 4500"));
        code = Math.max(code, run(capture, "run", FILTER, "-"));
        code = Math.max(code, run(capture, "graph", FILTER, "-"));
        code = Math.max(code, run("", "jit", "ld len ret a"));
        code = Math.max(code, run("quit\n", "dbg"));
        code = Math.max(code, run("", "help", "run"));
        return Math.max(code, run("", "--version"));
    }

    private static int run(String in, String... args) {
        return run(in.getBytes(StandardCharsets.UTF_8), args);
    }

    private static int run(byte[] in, String... args) {
        OutputStream nowhere = OutputStream.nullOutputStream();
        return Bpf.run(new Session(new ByteArrayInputStream(in), nowhere, nowhere), args);
    }

    /** {@return a pcap file with one Ethernet frame of zeros} */
    private static byte[] capture() {
        int length = 60;
        ByteBuffer file = ByteBuffer.allocate(24 + 16 + length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4);
        file.putInt(0).putInt(0).putInt(262144).putInt(1);
        file.putInt(0).putInt(0).putInt(length).putInt(length);
        return file.array();
    }
}
