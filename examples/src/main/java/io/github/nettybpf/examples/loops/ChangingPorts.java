package io.github.nettybpf.examples.loops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A NAT on loopback: relays the datagrams of clients to a server, each client's from a port of its own, and changes all
 * these ports when it is asked to. Has a thread of its own.
 */
final class ChangingPorts implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final InetSocketAddress server;
    private final Selector selector = Selector.open();
    private final DatagramChannel inside = DatagramChannel.open();
    private final Map<SocketAddress, DatagramChannel> outside = new HashMap<>();
    private final ByteBuffer datagram = ByteBuffer.allocateDirect(65_536);
    private final Queue<CompletableFuture<Integer>> changes = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "NAT");

    ChangingPorts(InetSocketAddress server) throws IOException {
        this.server = server;
        open(inside, null);
        thread.setDaemon(true);
        thread.start();
    }

    private void open(DatagramChannel channel, @Nullable SocketAddress client) throws IOException {
        channel.setOption(java.net.StandardSocketOptions.SO_RCVBUF, BUFFER);
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, client);
    }

    /** {@return where clients send to} */
    InetSocketAddress address() {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(), inside.socket().getLocalPort());
    }

    /** Gives every client another port, and returns how many have one. What is on its way to the old ports is lost. */
    int change() {
        CompletableFuture<Integer> change = new CompletableFuture<>();
        changes.add(change);
        selector.wakeup();
        return change.join();
    }

    private void run() {
        try {
            while (true) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        relay((DatagramChannel) key.channel(), (SocketAddress) key.attachment());
                    }
                }
                selector.selectedKeys().clear();
                for (CompletableFuture<Integer> change = changes.poll(); change != null; change = changes.poll()) {
                    changePorts();
                    change.complete(outside.size());
                }
            }
        } catch (ClosedSelectorException e) {
            closeSockets(); // close() ends this
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void closeSockets() {
        try {
            inside.close();
            for (DatagramChannel port : outside.values()) {
                port.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void relay(DatagramChannel from, @Nullable SocketAddress client) throws IOException {
        datagram.clear();
        for (SocketAddress sender = from.receive(datagram); sender != null; sender = from.receive(datagram)) {
            datagram.flip();
            if (client == null) {
                DatagramChannel port = outside.get(sender);
                if (port == null) {
                    port = newPort(sender);
                }
                port.send(datagram, server);
            } else {
                inside.send(datagram, client);
            }
            datagram.clear();
        }
    }

    private DatagramChannel newPort(SocketAddress client) throws IOException {
        DatagramChannel port = DatagramChannel.open();
        open(port, client);
        outside.put(client, port);
        return port;
    }

    private void changePorts() throws IOException {
        for (Map.Entry<SocketAddress, DatagramChannel> old : Map.copyOf(outside).entrySet()) {
            newPort(old.getKey());
            old.getValue().close();
        }
    }

    /** Ends the thread, which closes all sockets. */
    @Override
    public void close() throws IOException {
        selector.close();
    }
}
