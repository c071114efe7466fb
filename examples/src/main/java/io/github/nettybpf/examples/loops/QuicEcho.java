package io.github.nettybpf.examples.loops;

import io.github.nettybpf.examples.CommandLines;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A QUIC echo server on several event loops, and clients behind a NAT that changes their ports twice. Prints on how many
 * connections an echo comes back, and how many datagrams came to an event loop that knows nothing of their connection.
 */
@Command(
        name = "QuicEcho",
        mixinStandardHelpOptions = true,
        description = "A QUIC server on several event loops, and clients whose ports change.")
public final class QuicEcho implements Callable<Integer> {
    private static final int CHANGES = 2;

    @Option(names = "--loops", defaultValue = "4", paramLabel = "N", description = "Event loops (default 4).")
    private int loops;

    @Option(
            names = "--connections",
            defaultValue = "40",
            paramLabel = "N",
            description = "Connections, one for each client (default 40).")
    private int connections;

    @Option(
            names = "--spread",
            split = ",",
            paramLabel = "SPREAD",
            description = "How datagrams find their loop (default all, one after the other): ${COMPLETION-CANDIDATES}.")
    private List<QuicLoops.Spread> spreads = List.of(QuicLoops.Spread.values());

    @Option(
            names = "--patience",
            defaultValue = "5",
            paramLabel = "SECONDS",
            description = "How long to wait for echoes (default 5).")
    private int patience;

    /**
     * What a run has found.
     *
     * @param connections how many connections there were
     * @param echoes on how many an echo came back: at first, and after each change of ports
     * @param received how many datagrams came to each loop
     * @param wrong how many of them belonged to a connection of another loop
     */
    record Result(int connections, List<Long> echoes, List<Long> received, long wrong) {
        @Override
        public String toString() {
            return echoes.stream().map(String::valueOf).collect(Collectors.joining(", ")) + " of " + connections
                    + " connections echo (at first, and after each change of all ports); datagrams by loop " + received
                    + ", on a wrong loop " + wrong;
        }
    }

    /** Runs the program with the options that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new QuicEcho(), args));
    }

    @Override
    public Integer call() throws Exception {
        if (!Epoll.isAvailable() || !Quic.isAvailable()) {
            throw new IOException(
                    "needs epoll and QUIC: " + Epoll.unavailabilityCause() + ", " + Quic.unavailabilityCause());
        }
        QuicSslContext ssl = SelfSigned.server();
        for (QuicLoops.Spread spread : spreads) {
            System.out.println(spread.name().toLowerCase(java.util.Locale.ROOT) + ": "
                    + run(spread, ssl, loops, connections, Duration.ofSeconds(patience)));
        }
        return 0;
    }

    /** Runs a server and its clients. */
    static Result run(QuicLoops.Spread spread, QuicSslContext ssl, int loops, int connections, Duration patience)
            throws IOException, InterruptedException {
        try (QuicLoops server = new QuicLoops(spread, loops, ssl);
                ChangingPorts nat = new ChangingPorts(server.address());
                EchoClients clients = new EchoClients(SelfSigned.client(), nat.address())) {
            clients.connect(connections);
            List<Long> echoes = new ArrayList<>();
            echoes.add(clients.echoes("hello", patience));
            for (int change = 1; change <= CHANGES; change++) {
                int changed = nat.change();
                if (changed != connections) {
                    throw new IOException(changed + " ports were changed (expected: " + connections + ")");
                }
                echoes.add(clients.echoes("hello from port " + change, patience));
            }
            return new Result(connections, echoes, server.received(), server.wrong());
        }
    }
}
