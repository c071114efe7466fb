package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.FilteredServer.Where;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * Servers with the recipes for addresses, ports and lengths, and for DHCP: they need addresses and ports that only a
 * namespace of their own is sure to have. {@link CookbookNamespaceTest} starts this on the server's side.
 */
final class CookbookServers {
    private static final String INSIDE = "10.0.0.1";
    private static final String OUTSIDE = "192.168.7.1";
    private static final int DHCP_SERVER = 67;
    private static final int DHCP_CLIENT = 68;
    private static final int DHCP_OPTIONS = 240;
    private static final int MESSAGE_TYPE = 53;

    private CookbookServers() {}

    public static void main(String[] args) throws Exception {
        for (Where where : Where.values()) {
            addresses(where);
            ports(where);
            lengths(where);
        }
        dhcp();
    }

    private static FilteredServer dns(Where where, Program program) {
        return FilteredServer.start(where, program, new InetSocketAddress(INSIDE, 0), CookbookToolsTest::address);
    }

    /** {@return the query that dig sent} It was answered. */
    private static byte[] dig(FilteredServer server, String source) throws Exception {
        Namespaces.Program dig = Namespaces.tool(
                "dig", "@" + INSIDE, "-b", source, "-p", server.port(), "+tries=1", "+timeout=30", "+short", "a.test");
        dig.await("192.0.2.7");
        dig.end(0);
        return server.receive();
    }

    private static DatagramSocket socket(String address, int port) throws Exception {
        return new DatagramSocket(new InetSocketAddress(address, port));
    }

    private static void addresses(Where where) throws Exception {
        try (FilteredServer server = dns(where, Cookbook.recipe("From 10.0.0.0/8 only"));
                DatagramSocket inside = socket(INSIDE, 0);
                DatagramSocket outside = socket(OUTSIDE, 0)) {
            byte[] query = dig(server, INSIDE);
            server.drops(outside, inside, query, query, new byte[0]);
        }
    }

    private static void ports(Where where) throws Exception {
        try (FilteredServer server = dns(where, Cookbook.recipe("Nothing from privileged ports"));
                DatagramSocket ephemeral = socket(INSIDE, 0);
                DatagramSocket privileged = socket(INSIDE, 53)) {
            byte[] query = dig(server, INSIDE + "#1024");
            server.drops(privileged, ephemeral, query, query, new byte[512]);
        }
    }

    private static void lengths(Where where) throws Exception {
        try (FilteredServer server = dns(where, Cookbook.recipe("Payloads of 12 to 512 bytes"));
                DatagramSocket socket = socket(INSIDE, 0)) {
            byte[] query = dig(server, INSIDE);
            server.drops(socket, socket, query, new byte[0], new byte[11], new byte[513], new byte[60_000]);
        }
    }

    private static void dhcp() throws Exception {
        Program recipe = Cookbook.recipe("DHCP");
        InetSocketAddress any = new InetSocketAddress(DHCP_SERVER);
        try (FilteredServer kernel = FilteredServer.start(Where.KERNEL, recipe, any, CookbookServers::lease);
                FilteredServer pipeline = FilteredServer.start(Where.PIPELINE, recipe, any, CookbookServers::lease);
                DatagramSocket socket = socket(INSIDE, DHCP_CLIENT)) {
            System.out.println("waiting for a DHCP client");
            byte[] discover = kernel.receive();
            byte[] request = kernel.receive();
            assertEquals(1, type(discover));
            assertEquals(3, type(request));
            pipeline.assertNext(discover);
            pipeline.assertNext(request);

            socket.setBroadcast(true);
            InetSocketAddress everyone = new InetSocketAddress(Namespaces.BROADCAST, DHCP_SERVER);
            byte[] cookieless = CookbookToolsTest.with(request, DHCP_OPTIONS - 1, 0);
            byte[] cut = Arrays.copyOf(request, DHCP_OPTIONS - 1);
            FilteredServer.send(socket, everyone, lease(discover), cookieless, cut, new byte[0], request);
            kernel.assertNext(request);
            pipeline.assertNext(request);
            assertEquals(4, kernel.handler().stats().droppedInKernel());
            assertEquals(4, pipeline.handler().stats().dropped());
        }
    }

    /** {@return the message type} It is the first option of every client's messages. */
    private static int type(byte[] request) {
        assertEquals(MESSAGE_TYPE, request[DHCP_OPTIONS]);
        return request[DHCP_OPTIONS + 2];
    }

    /** {@return an offer of 10.0.0.10, or its acknowledgement} */
    private static byte[] lease(byte[] request) {
        byte[] head = Arrays.copyOf(request, DHCP_OPTIONS);
        head[0] = 2;
        System.arraycopy(new byte[] {10, 0, 0, 10}, 0, head, 16, 4);
        String type = type(request) == 1 ? "02" : "05";
        return CookbookToolsTest.concat(
                head,
                CookbookToolsTest.hex("3501" + type + " 36040a000001 330400000258 0104ffffff00 ff"),
                new byte[60]);
    }
}
