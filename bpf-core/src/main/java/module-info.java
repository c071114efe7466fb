/** The classic BPF machine as the Linux kernel means it. */
module io.github.nettybpf.core {
    requires static jdk.jfr; // a JVM without it records no events
    requires static transitive org.jspecify;
    requires org.objectweb.asm;

    exports io.github.nettybpf.core;
    exports io.github.nettybpf.core.address;
}
