package io.github.nettybpf.benchmarks;

import java.util.StringJoiner;

/** Programs that are generated because they are long, in bpf_asm notation. */
final class Programs {
    private Programs() {}

    /**
     * {@return the program to which libpcap compiles {@code (host A or host B or ...) and (port C or port D or ...)},
     * with a chain of comparisons for each field}
     */
    static String hostsAndPorts() {
        StringJoiner text = new StringJoiner("\n");
        text.add("ldh [12]").add("jeq #0x800, ipv4, far").add("far: ja drop");
        text.add("ipv4: ld [26]");
        anyOf(text, Lists.HOSTS, "known", "destination");
        text.add("destination: ld [30]");
        anyOf(text, Lists.HOSTS, "known", "drop");
        text.add("known: ldb [23]").add("jeq #132, first").add("jeq #6, first").add("jeq #17, first, drop");
        text.add("first: ldh [20]").add("jset #0x1fff, drop, ports");
        text.add("ports: ldxb 4*([14]&0xf)").add("ldh [x + 14]");
        anyOf(text, Lists.PORTS, "keep", "destinationPort");
        text.add("destinationPort: ldh [x + 16]");
        anyOf(text, Lists.PORTS, "keep", "drop");
        return text.add("keep: ret #262144").add("drop: ret #0").toString();
    }

    /** {@return the {@code src host A or src host B or ...} program that libpcap generates} */
    static String sourceHosts() {
        StringJoiner text = new StringJoiner("\n");
        text.add("ldh [12]").add("jneq #0x800, drop").add("ld [26]");
        anyOf(text, Lists.HOSTS, "keep", "drop");
        return text.add("keep: ret #262144").add("drop: ret #0").toString();
    }

    /** {@return a program that has a verdict for each of many source addresses, and 0 for all others} */
    static String verdictHosts() {
        StringJoiner text = new StringJoiner("\n");
        text.add("ld [26]");
        for (int i = 0; i < Lists.VERDICT_HOSTS.length; i++) {
            text.add("jneq #" + unsigned(Lists.VERDICT_HOSTS[i]) + ", no" + i);
            text.add("ret #" + Lists.verdict(i));
            text.add("no" + i + ":");
        }
        return text.add("ret #0").toString();
    }

    /**
     * Adds a chain of comparisons, which jumps to the first label if A is one of the values, otherwise to the second.
     */
    private static void anyOf(StringJoiner text, int[] values, String label, String otherwise) {
        for (int i = 0; i < values.length - 1; i++) {
            text.add("jeq #" + unsigned(values[i]) + ", " + label);
        }
        text.add("jeq #" + unsigned(values[values.length - 1]) + ", " + label + ", " + otherwise);
    }

    private static String unsigned(int value) {
        return Integer.toUnsignedString(value);
    }
}
