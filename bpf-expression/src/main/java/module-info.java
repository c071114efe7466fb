/** The language of pcap-filter(7), compiled to classic BPF programs. */
module io.github.nettybpf.expression {
    requires static transitive org.jspecify;
    requires transitive io.github.nettybpf.core;

    exports io.github.nettybpf.expression;
}
