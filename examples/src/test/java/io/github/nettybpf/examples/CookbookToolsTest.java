package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.examples.FilteredServer.Where;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The recipes of docs/cookbook.md with their protocols' own software: what that sends is received whole and answered, and junk
 * is not received. In the kernel, and in a pipeline. {@link QuicTest} and {@link CookbookNamespaceTest} test the other recipes.
 */
class CookbookToolsTest {
    private static final HexFormat HEX = HexFormat.of();

    @TempDir
    Path folder;

    static byte[] hex(String digits) {
        return HEX.parseHex(digits.replace(" ", ""));
    }

    /** {@return the bytes, with the one at the offset changed} */
    static byte[] with(byte[] bytes, int offset, int value) {
        byte[] changed = bytes.clone();
        changed[offset] = (byte) value;
        return changed;
    }

    static byte[] concat(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    /** {@return an answer to a DNS query for an A record: 192.0.2.7} */
    static byte[] address(byte[] query) {
        int end = 12;
        while (query[end] != 0) {
            end += 1 + query[end];
        }
        byte[] question = Arrays.copyOfRange(query, 12, end + 5);
        return concat(
                Arrays.copyOf(query, 2),
                hex("8180 0001 0001 0000 0000"),
                question,
                hex("c00c 0001 0001 0000003c 0004 c0000207"));
    }

    @ParameterizedTest
    @EnumSource
    void dns(Where where) throws Exception {
        try (FilteredServer server = FilteredServer.start(where, Cookbook.recipe("DNS"), CookbookToolsTest::address)) {
            Namespaces.Program dig = Namespaces.tool(
                    "dig", "@127.0.0.1", "-p", server.port(), "+tries=1", "+timeout=30", "+short", "www.example.org");
            dig.await("192.0.2.7");
            dig.end(0);
            byte[] query = server.receive();
            assertTrue(new String(query, StandardCharsets.US_ASCII).contains("\3www\7example\3org"));
            server.drops(
                    query,
                    address(query),
                    with(query, 5, 2),
                    with(query, 2, 0x28),
                    Arrays.copyOf(query, 5),
                    new byte[0]);
        }
    }

    private static byte[] time(byte[] request) {
        Instant now = Instant.now();
        byte[] timestamp = ByteBuffer.allocate(8)
                .putInt((int) (now.getEpochSecond() + 2_208_988_800L))
                .putInt((int) (((long) now.getNano() << 32) / 1_000_000_000))
                .array();
        return concat(
                hex("24 01 06 ec 00000010 00000010 4c4f434c"),
                timestamp,
                Arrays.copyOfRange(request, 40, 48),
                timestamp,
                timestamp);
    }

    @ParameterizedTest
    @EnumSource
    void ntp(Where where) throws Exception {
        try (FilteredServer server = FilteredServer.start(where, Cookbook.recipe("NTP"), CookbookToolsTest::time)) {
            Namespaces.Program chronyd = Namespaces.tool(
                    "chronyd",
                    "-Q",
                    "-U",
                    "server 127.0.0.1 port " + server.port() + " iburst maxsamples 1",
                    "cmdport 0",
                    "bindcmdaddress /",
                    "pidfile " + folder.resolve("pid"));
            chronyd.awaitMatch(".*System clock wrong by -?0\\.\\d+ seconds \\(ignored\\)");
            chronyd.end(0);
            byte[] request = server.receive();
            assertEquals(48, request.length);
            server.drops(
                    request,
                    time(request),
                    with(request, 0, 0x13),
                    hex("1700032a" + "00".repeat(44)),
                    Arrays.copyOf(request, 47));
        }
    }

    /** {@return an Access-Accept} RFC 2865, 3: the authenticator is a digest of the request's and the secret. */
    private static byte[] accept(byte[] request) {
        byte[] head = {2, request[1], 0, 20};
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(head);
            md5.update(request, 4, 16);
            return concat(head, md5.digest("secret".getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void radius(Where where) throws Exception {
        try (FilteredServer server =
                FilteredServer.start(where, Cookbook.recipe("RADIUS"), CookbookToolsTest::accept)) {
            Path attributes = Files.writeString(
                    folder.resolve("attributes"), "User-Name = \"bob\"\nUser-Password = \"letmein\"\n");
            Namespaces.Program radclient = Namespaces.tool(
                    "radclient",
                    "-f",
                    attributes.toString(),
                    "-r",
                    "1",
                    "-t",
                    "30",
                    server.hostAndPort(),
                    "auth",
                    "secret");
            radclient.awaitMatch("Received Access-Accept Id .*");
            radclient.end(0);
            byte[] request = server.receive();
            assertEquals(request.length, ByteBuffer.wrap(request).getShort(2));
            assertTrue(new String(request, StandardCharsets.US_ASCII).contains("bob"));
            server.drops(
                    request,
                    accept(request),
                    with(request, 0, 4),
                    Arrays.copyOf(request, request.length - 1),
                    Arrays.copyOf(request, 3));
        }
    }

    /** {@return "hello", in the acknowledgement of a request: RFC 7252, 5.2.1} */
    private static byte[] hello(byte[] request) {
        int token = request[0] & 0xf;
        return concat(
                new byte[] {(byte) (0x60 | token), 0x45},
                Arrays.copyOfRange(request, 2, 4 + token),
                new byte[] {(byte) 0xff},
                "hello".getBytes(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @EnumSource
    void coap(Where where) throws Exception {
        try (FilteredServer server = FilteredServer.start(where, Cookbook.recipe("CoAP"), CookbookToolsTest::hello)) {
            Namespaces.Program client = Namespaces.tool(
                    "coap-client-notls", "-w", "-T", "token", "coap://" + server.hostAndPort() + "/greeting");
            client.await("hello");
            client.end(0);
            byte[] request = server.receive();
            assertTrue(new String(request, StandardCharsets.US_ASCII).contains("greeting"));
            server.drops(request, with(request, 0, 0x49), with(request, 0, 0x85), with(request, 0, 0), new byte[0]);
        }
    }

    /** {@return a response whose value is the empty string: in place of the request's NULL} */
    private static byte[] empty(byte[] request) {
        byte[] response = with(request, 13, 0xa2);
        response[response.length - 2] = 4;
        return response;
    }

    @ParameterizedTest
    @EnumSource
    void snmp(Where where) throws Exception {
        String[] options = {"-r", "0", "-t", "30", "-m", "", "-On"};
        try (FilteredServer server = FilteredServer.start(
                where, Cookbook.recipe("SNMP"), request -> request[4] == 1 ? empty(request) : null)) {
            String sysName = ".1.3.6.1.2.1.1.5.0";
            Namespaces.Program get =
                    Namespaces.tool(snmp("snmpget", options, "-v2c", "-c", "public", server.hostAndPort(), sysName));
            get.await(sysName + " = \"\"");
            get.end(0);
            byte[] request = server.receive();
            assertEquals(request.length, 2 + request[1]);

            Namespaces.Program next = Namespaces.tool(
                    snmp("snmpgetnext", options, "-v2c", "-c", "public", server.hostAndPort(), sysName));
            next.await(sysName + " = \"\"");
            next.end(0);
            assertEquals((byte) 0xa1, server.receive()[13]);

            // What these send is dropped, and they wait for no answer.
            Namespaces.tool(snmp("snmptrap", options, "-v2c", "-c", "public", server.hostAndPort(), "", sysName))
                    .end(0);
            server.drops(request, empty(request), with(request, 13, 0xa3), with(request, 4, 0));

            // The first message of version 3 asks who the agent is.
            Namespaces.Program discovery =
                    Namespaces.tool(snmp("snmpget", options, "-v3", "-u", "bob", server.hostAndPort(), sysName));
            byte[] version3 = server.receive();
            discovery.kill();
            assertEquals("02010330", HEX.formatHex(version3, 2, 6));
            assertEquals(List.of(), server.rest());
        }
    }

    private static String[] snmp(String tool, String[] options, String... more) {
        String[] command = Arrays.copyOf(new String[] {tool}, 1 + options.length + more.length);
        System.arraycopy(options, 0, command, 1, options.length);
        System.arraycopy(more, 0, command, 1 + options.length, more.length);
        return command;
    }

    /** {@return a capture file with one datagram} */
    private Path capture() throws IOException {
        byte[] frame = hex("02000000000102000000000208004500001c000040004011 0000 0a0000010a000002 30390035 0008 0000");
        return Files.write(
                folder.resolve("one.pcap"),
                concat(
                        hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001 66000000 00000000"),
                        ByteBuffer.allocate(8)
                                .putInt(frame.length)
                                .putInt(frame.length)
                                .array(),
                        frame));
    }

    private void softflowd(FilteredServer server, int version) throws IOException, InterruptedException {
        Namespaces.tool(
                        "softflowd",
                        "-r",
                        capture().toString(),
                        "-n",
                        server.hostAndPort(),
                        "-v",
                        Integer.toString(version),
                        "-d",
                        "-c",
                        "none",
                        "-p",
                        folder.resolve("pid").toString())
                .end(0);
    }

    @ParameterizedTest
    @EnumSource
    void netFlow(Where where) throws Exception {
        try (FilteredServer server = FilteredServer.start(where, Cookbook.recipe("NetFlow"), request -> null)) {
            softflowd(server, 5);
            byte[] five = server.receive();
            assertEquals("00050001", HEX.formatHex(five, 0, 4));
            assertEquals(24 + 48, five.length);
            // IPFIX
            softflowd(server, 10);
            softflowd(server, 9);
            byte[] nine = server.receive();
            assertEquals("0009", HEX.formatHex(nine, 0, 2));
            for (byte[] rest : server.rest()) {
                assertEquals(9, rest[1]);
            }
            server.drops(five, with(five, 1, 1), with(five, 1, 10), with(five, 0, 1), new byte[1]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void syslog(Where where) throws Exception {
        int sent = 200;
        try (FilteredServer server = FilteredServer.start(where, Cookbook.recipe("Syslog"), request -> null)) {
            Path messages = Files.writeString(
                    folder.resolve("messages"),
                    IntStream.range(0, sent)
                            .mapToObj(i -> "message " + i + " " + "x".repeat(i + 100))
                            .collect(Collectors.joining("\n", "", "\n")));
            String[] command = {"logger", "-d", "-n", "127.0.0.1", "-P", server.port(), "-f", messages.toString()};
            Namespaces.tool(command).end(0);
            byte[] last = "<13>last".getBytes(StandardCharsets.US_ASCII);
            // That none of 300 is kept has the probability 2E-14.
            server.send(sent, "no priority".getBytes(StandardCharsets.US_ASCII));
            server.send(300, last);
            List<byte[]> kept = new ArrayList<>();
            for (byte[] next = server.receive(); !Arrays.equals(next, last); next = server.receive()) {
                kept.add(next);
            }
            // 20 expected, standard deviation 4.2.
            assertTrue(kept.size() > 1 && kept.size() < 60, () -> kept.size() + " kept of " + sent);
            for (byte[] message : kept) {
                String text = new String(message, StandardCharsets.US_ASCII);
                assertTrue(text.matches("<13>.* message \\d+ x*"), text);
                assertTrue(message.length <= 256, text);
            }
        }
    }
}
